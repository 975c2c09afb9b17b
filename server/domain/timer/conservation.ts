/**
 * Conservation: a referral that was sent is closed with one of the four outcomes, ended otherwise, open with an armed
 * timer, or open and warned; never two of them, and never none.
 */
import { codeSystem } from '../../fhir/canonical.ts'
import { codesOf } from '../../fhir/element.ts'
import type { Resource } from '../../fhir/types.ts'
import { nextDue, type RunningTimer } from './timers.ts'
import { openWarnings } from './warnings.ts'
import { businessStatusOf, outputsOf, statusOf, type Thread } from './thread.ts'

const OUTCOME = codeSystem('referral-outcome')

/**
 * - closed    ended with an outcome that is counted.
 * - ended     rejected, withdrawn, entered in error: ended without an outcome.
 * - armed     open; nobody was warned of anything that still holds, and a timer is armed.
 * - warned    open; somebody was warned, and nobody has done anything about it yet.
 * - unaccounted   open, and no timer would ever go off: nothing may be here.
 */
export type ReferralState = 'closed' | 'ended' | 'armed' | 'warned' | 'unaccounted'

export type Classified = { readonly state: ReferralState; readonly outcome?: string }

/**
 * The state of a referral; undefined for one that was never sent. `isArmed(due)`: is there a job that will look at it at
 * this instant, or before?
 */
export function classify(
  thread: Thread,
  running: readonly RunningTimer[],
  { open, isArmed }: { readonly open: readonly string[]; isArmed(due: number): boolean },
): Classified | undefined {
  if (thread.starts.sent === undefined) return undefined
  if (!open.includes(thread.status)) return endedAs(thread.task)
  const due = nextDue(running)
  if (due !== undefined && !isArmed(due)) return { state: 'unaccounted' }
  if (openWarnings(thread, running).length > 0) return { state: 'warned' }
  return { state: due === undefined ? 'unaccounted' : 'armed' }
}

/**
 * The same for a Task that has ended, without its history; undefined for one that was never sent, `history` where only
 * its history tells: it is in error.
 */
export function classifyEnded(task: Resource): Classified | 'history' | undefined {
  if (statusOf(task) === 'entered-in-error') return 'history'
  return businessStatusOf(task) === UNSENT ? undefined : endedAs(task)
}

/** A proposal that the participant unchecked. */
const UNSENT = 'declined-before-send'

function endedAs(task: Resource): Classified {
  const [outcome] = outputsOf(task, 'outcome').flatMap((output) => codesOf(output.valueCodeableConcept, OUTCOME))
  const isInError = statusOf(task) === 'entered-in-error'
  return outcome === undefined || isInError ? { state: 'ended' } : { state: 'closed', outcome }
}
