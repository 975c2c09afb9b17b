/** When the job of a referral must look at it after a write, at the latest. */
import type { Resource } from '../../fhir/types.ts'
import { allVariants, type TimerTable } from './table.ts'
import { isReferral, threadOf, type TaskVersion, type ThreadNeeds } from './thread.ts'
import { nextDue, runningTimers, type WorkingDays } from './timers.ts'

export type ArmingNeeds = ThreadNeeds & { readonly table: TimerTable; readonly calendar: WorkingDays }

/**
 * The instant (ms) at which a timer that this write starts may be due, whatever agency and program the steps are of;
 * undefined where none runs. Timers that ran before are armed already. Never later than the due time, often earlier: the
 * job reads the history, and then knows it exactly.
 */
export function armAt(
  needs: ArmingNeeds,
  {
    before,
    after,
    author,
    now,
  }: {
    readonly before?: Resource | undefined
    readonly after: Resource
    readonly author: string
    readonly now: number
  },
): number | undefined {
  if (!isReferral(after)) return undefined
  const versions = [before, after].flatMap((resource): TaskVersion[] =>
    resource ? [{ at: now, author, resource }] : [],
  )
  const thread = threadOf(versions, needs)
  return thread && nextDue(runningTimers(thread, allVariants(needs.table), needs.calendar))
}
