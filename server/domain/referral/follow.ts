/** What a change of a referral's ServiceRequest does to its Tasks, and the other way round, to be committed together. */
import type { Coding, Resource } from '../../fhir/types.ts'
import { formatInstant } from '../../fhir/dates.ts'
import { idOf, items, textOf } from '../../fhir/element.ts'
import type { Lifecycle } from './lifecycle.ts'
import { canBecome } from './request.ts'
import { BUSINESS_STATUS, businessStatusOf, ownerOf, statusOf } from './task.ts'

/** By the Task's own status, what revoking its request makes of its business status. */
const WITHDRAWN: Coding = { system: BUSINESS_STATUS, code: 'withdrawn', display: 'Withdrawn' }
const UNSENT: Coding = { system: BUSINESS_STATUS, code: 'declined-before-send', display: 'Declined before sending' }

/**
 * The Tasks as they follow a change of their ServiceRequest: revoking it cancels the open ones, an entry in error is
 * one for all of them. Each is a change that the requester itself could make.
 * `tasks` are the Tasks with this focus that are not errors; `now` is the instant of the change (ms).
 */
export function followUps(
  before: Resource | undefined,
  after: Resource,
  tasks: readonly Resource[],
  { now, terminal }: { readonly now: number; readonly terminal: readonly string[] },
): readonly Resource[] {
  const [from, to] = [before && textOf(before.status), textOf(after.status)]
  if (from === to) return []
  const open = tasks.filter((task) => !terminal.includes(statusOf(task)))
  if (to === 'revoked') return open.map((task) => cancelled(task, after, now))
  if (to !== 'entered-in-error') return []
  return tasks.map((task) => ({
    ...task,
    status: to,
    ...(open.includes(task) ? {} : { statusReason: { text: reasonOf(after) ?? 'The referral was entered in error.' } }),
    lastModified: later(task, now),
  }))
}

/**
 * The ServiceRequest as it follows a change of one of its Tasks (lifecycle `follow`); undefined where it stays as it is.
 * `others` are the other Tasks with this focus as they will be.
 */
export function followedRequest(
  before: Resource | undefined,
  after: Resource,
  request: Resource,
  {
    others,
    lifecycle,
  }: { readonly others: readonly Resource[]; readonly lifecycle: Pick<Lifecycle, 'follow' | 'terminal'> },
): Resource | undefined {
  if (before === undefined) return undefined
  if (statusOf(before) !== statusOf(after)) {
    const row = lifecycle.follow.find(
      ({ task, businessStatus }) =>
        task === statusOf(after) && (!businessStatus || businessStatus.includes(businessStatusOf(after) ?? '')),
    )
    const status = row?.request
    const left = others.some((task) => task.status !== after.status)
    if (status === undefined || left || !canBecome(request, status)) return withOwner(before, after, request)
    return { ...request, status }
  }
  return withOwner(before, after, request)
}

/** The request names the agency to which it was routed, or that claimed it. */
function withOwner(before: Resource, after: Resource, request: Resource): Resource | undefined {
  const [was, is] = [ownerOf(before), ownerOf(after)]
  if (is === undefined || was === is) return undefined
  const performer = items(request.performer)
  const named = performer.map((one) => idOf(one, 'Organization'))
  if (request.status !== 'active' || named.includes(is)) return undefined
  const kept = performer.filter((_, index) => named[index] !== was)
  return { ...request, performer: [...(was === undefined ? [] : kept), { reference: `Organization/${is}` }] }
}

function cancelled(task: Resource, request: Resource, now: number): Resource {
  const coding = statusOf(task) === 'draft' ? UNSENT : WITHDRAWN
  return {
    ...task,
    status: 'cancelled',
    businessStatus: { coding: [coding] },
    statusReason: { text: reasonOf(request) ?? 'The requester revoked the referral.' },
    lastModified: later(task, now),
  }
}

/** Why the requester ended it, in its own words. */
const reasonOf = (request: Resource): string | undefined => textOf(items(request.note).at(-1)?.text)

/** An open referral that ends because the participant denies its owner. */
export const recalled = (task: Resource, now: number): Resource => ({
  ...task,
  status: 'cancelled',
  businessStatus: { coding: [WITHDRAWN] },
  statusReason: { text: 'The participant withdrew the consent.' },
  lastModified: later(task, now),
})

/** Now, but never before the Task's own last change. */
function later(task: Resource, now: number): string {
  const last = Date.parse(textOf(task.lastModified) ?? '')
  return last > now ? String(task.lastModified) : formatInstant(now)
}
