/** Counts the referrals that were sent: each is closed, ended, or watched (domain/timer/conservation.ts). */
import type { Definitions } from '../definitions/definitions.ts'
import { classify, classifyEnded, type Classified, type ReferralState } from '../domain/timer/conservation.ts'
import { REFERRAL_TIMER } from '../domain/timer/job-kind.ts'
import { isReferral, statusOf } from '../domain/timer/thread.ts'
import { openStatuses, type Lifecycle } from '../domain/referral/lifecycle.ts'
import { resourceOf } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import { ALL } from '../search/query.ts'
import type { JobCursor, ListedJob, Store, Version } from '../store/store.ts'
import { readThread, type ThreadReading } from './referral-thread.ts'
import { createTurn, type Turn } from './slices.ts'

export type ConservationNeeds = ThreadReading & { readonly definitions: Definitions; readonly lifecycle: Lifecycle }

/** Jobs that are read at once. */
const JOBS = 5_000

export type CountedReferrals = {
  readonly sent: number
  readonly states: ReadonlyMap<ReferralState, number>
  readonly outcomes: ReadonlyMap<string, number>
  /** Ids of the Tasks that no timer watches: there must be none. */
  readonly unaccounted: readonly string[]
}

/**
 * Classifies every referral. The jobs are read after the Tasks, so that a referral that is sent meanwhile is no fault;
 * one that seems to be unaccounted is looked at once more, because it may have changed between the two readings.
 * @param turn called before each referral
 */
export async function countReferrals(
  needs: ConservationNeeds,
  now: number,
  turn: Turn = createTurn(),
): Promise<CountedReferrals> {
  const classified = new Map<string, Classified>()
  const open: string[] = []
  for await (const version of unrestricted(needs.store).all({ type: 'Task', where: ALL })) {
    await turn()
    const ended = await endedOf(needs, version, now)
    if (ended === 'open') open.push(version.id)
    else if (ended) classified.set(version.id, ended)
  }
  let suspects: readonly string[] = open
  for (let attempt = 0; attempt < 2 && suspects.length > 0; attempt += 1) {
    const jobs = await referralJobs(needs.store, turn)
    for (const id of suspects) {
      await turn()
      const state = await stateOf(needs, id, { jobs, now })
      if (state) classified.set(id, state)
    }
    suspects = suspects.filter((id) => classified.get(id)?.state === 'unaccounted')
  }
  const all = [...classified.values()]
  return {
    sent: all.length,
    states: countBy(all.map(({ state }) => state)),
    outcomes: countBy(all.flatMap(({ outcome }) => outcome ?? [])),
    unaccounted: suspects,
  }
}

/** The state of a referral that has ended, by the Task alone; `open` for one that has not, undefined for one never sent. */
async function endedOf(
  needs: ConservationNeeds,
  version: Version,
  now: number,
): Promise<Classified | 'open' | undefined> {
  const task = resourceOf(version)
  if (!isReferral(task) || statusOf(task) === 'draft') return undefined
  if (openStatuses(needs.lifecycle).includes(statusOf(task))) return 'open'
  const ended = classifyEnded(task)
  // Only its history tells whether what is in error was ever sent.
  return ended === 'history' ? stateOf(needs, version.id, { jobs: new Map(), now }) : ended
}

async function stateOf(
  needs: ConservationNeeds,
  id: string,
  { jobs, now }: { readonly jobs: ReadonlyMap<string, ListedJob>; readonly now: number },
): Promise<Classified | undefined> {
  const found = await readThread(needs, id, now)
  if (found === undefined) return undefined
  const job = jobs.get(id)
  // A timer that begins to run when it is overdue already, because the participant may be contacted again, is due now.
  const isArmed = (due: number): boolean => job !== undefined && job.state !== 'failed' && job.due <= Math.max(due, now)
  return classify(found.thread, found.running, { open: openStatuses(needs.lifecycle), isArmed })
}

async function referralJobs({ jobs }: Store, turn: Turn): Promise<ReadonlyMap<string, ListedJob>> {
  const byTask = new Map<string, ListedJob>()
  let after: JobCursor | undefined
  do {
    await turn()
    const page = await jobs.list({
      ...{ kinds: [REFERRAL_TIMER], limit: JOBS, withoutPayload: true },
      ...(after ? { after } : {}),
    })
    for (const job of page.jobs) byTask.set(job.key, job)
    after = page.next
  } while (after)
  return byTask
}

function countBy<T extends string>(values: readonly T[]): ReadonlyMap<T, number> {
  const counts = new Map<T, number>()
  for (const one of values) counts.set(one, (counts.get(one) ?? 0) + 1)
  return counts
}
