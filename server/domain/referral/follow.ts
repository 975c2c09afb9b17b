/** What a change of a referral's ServiceRequest does to the Tasks that fulfil it, to be committed together. */
import type { Coding, Resource } from '../../fhir/types.ts'
import { formatInstant } from '../../fhir/dates.ts'
import { textOf } from '../../fhir/element.ts'
import { BUSINESS_STATUS, statusOf } from './task.ts'

/** By the Task's own status, what revoking its request makes of its business status. */
const WITHDRAWN: Coding = { system: BUSINESS_STATUS, code: 'withdrawn', display: 'Withdrawn' }
const UNSENT: Coding = { system: BUSINESS_STATUS, code: 'declined-before-send', display: 'Declined before sending' }

/**
 * The Tasks as they follow a change of their ServiceRequest: revoking it cancels the open ones, an entry in error is
 * one for them as well. Each is a change that the requester itself could make.
 * `openTasks` are the Tasks with this focus that are not terminal; `now` is the instant of the change (ms).
 */
export function followUps(
  before: Resource | undefined,
  after: Resource,
  openTasks: readonly Resource[],
  now: number,
): readonly Resource[] {
  const [from, to] = [before && textOf(before.status), textOf(after.status)]
  if (from === to) return []
  if (to === 'revoked') return openTasks.map((task) => cancelled(task, after, now))
  if (to === 'entered-in-error')
    return openTasks.map((task) => ({ ...task, status: to, lastModified: later(task, now) }))
  return []
}

function cancelled(task: Resource, request: Resource, now: number): Resource {
  const coding = statusOf(task) === 'draft' ? UNSENT : WITHDRAWN
  const note = textOf((request.note as readonly { text?: unknown }[] | undefined)?.[0]?.text)
  return {
    ...task,
    status: 'cancelled',
    businessStatus: { coding: [coding] },
    statusReason: { text: note ?? 'The requester revoked the referral.' },
    lastModified: later(task, now),
  }
}

/** Now, but never before the Task's own last change. */
function later(task: Resource, now: number): string {
  const last = Date.parse(textOf(task.lastModified) ?? '')
  return last > now ? String(task.lastModified) : formatInstant(now)
}
