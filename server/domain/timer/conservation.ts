/**
 * Conservation: a referral that was sent is closed with one of the four outcomes, ended otherwise, open with an armed
 * timer, or open and warned; never two of them, and never none.
 */
import { codeSystem } from '../../fhir/canonical.ts'
import { codesOf } from '../../fhir/element.ts'
import { nextDue, type RunningTimer } from './timers.ts'
import { openWarnings } from './warnings.ts'
import { outputsOf, type Thread } from './thread.ts'

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
  if (!open.includes(thread.status)) {
    const [outcome] = outputsOf(thread.task, 'outcome').flatMap((output) =>
      codesOf(output.valueCodeableConcept, OUTCOME),
    )
    return outcome === undefined ? { state: 'ended' } : { state: 'closed', outcome }
  }
  const due = nextDue(running)
  if (due !== undefined && !isArmed(due)) return { state: 'unaccounted' }
  if (openWarnings(thread, running).length > 0) return { state: 'warned' }
  return { state: due === undefined ? 'unaccounted' : 'armed' }
}
