/**
 * The job of one referral: takes the steps of its timers that are due, as one write of the Task, and waits for the next.
 * Whatever it needs is in the history of the Task, so it may be killed at any moment and run by any process: the write
 * expects the version that was read, and a step that was taken shows in the version that took it.
 */
import { dueSteps, nextDue, takeSteps } from '../domain/timer/timers.ts'
import { CommitConflict } from '../store/errors.ts'
import type { Settlement } from '../store/store.ts'
import { OutcomeError } from '../fhir/outcome.ts'
import { nextTurn } from '../fhir/turns.ts'
import type { Change } from '../write/change.ts'
import type { Along } from '../write/commit.ts'
import { readThread, type ThreadReading } from './referral-thread.ts'
import { Interrupted, type JobHandler } from './worker.ts'

export type ReferralTimerNeeds = ThreadReading & {
  readonly clock: { now(): number }
  /**
   * Writes one record as the hub itself, through the write path of everybody.
   * @throws OutcomeError for what is refused, CommitConflict (`claim`) when the claim was lost
   */
  write(change: Change, along: Along): Promise<unknown>
}

export const referralTimer =
  (needs: ReferralTimerNeeds): JobHandler =>
  async (job, { signal }) => {
    while (!signal.aborted) {
      const now = needs.clock.now()
      const read = await readThread(needs, job.key, now)
      if (read === undefined) return { done: true }
      const { thread, running, version, contactFrom } = read
      const steps = dueSteps(running, now)
      if (steps.length === 0) return settlement(earlier(nextDue(running), contactFrom))
      const resource = { ...takeSteps(thread.task, steps, now), id: job.key }
      const change: Change = { kind: 'put', create: false, resource, ifMatch: [version], at: 'Task' }
      // Read again after the write as well: it tells when the next step is due.
      await writeUnderClaim(needs.write(change, { claim: job }))
    }
    throw new Interrupted('The claim was lost.')
  }

/** Every step was taken, or the referral has ended: nothing to wait for, until a write arms the job again. */
const settlement = (due: number | undefined): Settlement => (due === undefined ? { done: true } : { again: due })

const earlier = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined ? other : other === undefined ? one : Math.min(one, other)

/**
 * Waits for the write of a job. Another writer may have been first; then the job reads again.
 * @throws Interrupted when the claim was lost; OutcomeError for a Task that cannot be written
 */
export async function writeUnderClaim(writing: Promise<unknown>): Promise<void> {
  try {
    await writing
  } catch (error) {
    if (error instanceof CommitConflict && error.kind === 'claim') throw new Interrupted('The claim was lost.')
    const isLate = error instanceof OutcomeError && error.status === 412
    if (!isLate && !(error instanceof CommitConflict)) throw error
    await nextTurn()
  }
}
