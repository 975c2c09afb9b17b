/** Random calls of jobs, and what a store answers to them. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { CommitConflict } from '../../server/store/errors.ts'
import { JOB_STATES } from '../../server/store/job-state.ts'
import type { Job, JobQuery, NewJob, Settlement, Store } from '../../server/store/store.ts'

/** `nth` picks one of the claims made so far, old ones too. */
export type JobCall =
  | { readonly call: 'enqueue'; readonly jobs: readonly NewJob[] }
  | {
      readonly call: 'claim'
      readonly kinds: readonly string[]
      readonly now: number
      readonly lease: number
      readonly max: number
    }
  | { readonly call: 'renew'; readonly nth: number; readonly until: number }
  | { readonly call: 'settle'; readonly nth: number; readonly end: Settlement }
  | { readonly call: 'commit'; readonly nth: number }
  | { readonly call: 'retry'; readonly kind: string; readonly key: string; readonly now: number }

/** Times are tens, so that jobs which are due at the same time can be told apart by their last digit (see `ofJob`). */
export const NOW = 109

const time = fc.integer({ min: 0, max: 20 })
const nth = fc.nat({ max: 9 })
const KINDS = ['k', 'l']
const KEYS = ['a', 'b', 'c']
const kind = fc.constantFrom(...KINDS)
const key = fc.constantFrom(...KEYS)
const job: fc.Arbitrary<NewJob> = fc.record({
  kind,
  key,
  due: time,
  payload: fc.option(fc.nat(), { nil: undefined }),
  sequence: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
})
const end: fc.Arbitrary<Settlement> = fc.oneof(
  fc.constant({ done: true as const }),
  fc.record({ again: time, error: fc.option(fc.constant('no'), { nil: undefined }) }),
  fc.record({ failed: fc.constant('never') }),
)
const call: fc.Arbitrary<JobCall> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ call: fc.constant('enqueue' as const), jobs: fc.array(job, { maxLength: 3 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      call: fc.constant('claim' as const),
      kinds: fc.uniqueArray(kind),
      now: time,
      lease: fc.integer({ min: 1, max: 6 }),
      max: fc.integer({ min: 0, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('renew' as const), nth, until: time }) },
  { weight: 2, arbitrary: fc.record({ call: fc.constant('settle' as const), nth, end }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('commit' as const), nth }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('retry' as const), kind, key, now: time }) },
)

export const jobCalls: fc.Arbitrary<readonly JobCall[]> = fc.array(call, { minLength: 1, maxLength: 25 })

type JobStore = Pick<Store, 'commit' | 'jobs'>

/**
 * Plays calls on one store; answers all its answers, and what it lists after each. No two jobs are due at the same time,
 * and fences are left out: what either of them means is for each store to decide.
 */
export async function playJobs(store: JobStore, calls: readonly JobCall[]): Promise<unknown[]> {
  const claims: Job[] = []
  const answers: unknown[] = []
  for (const one of calls) {
    answers.push(await answer(store, one, claims))
    answers.push(await store.jobs.next(['k', 'l']), await listings(store))
  }
  return answers
}

async function listings(store: JobStore): Promise<unknown[]> {
  const list = async (query: JobQuery) => {
    const { jobs, next } = await store.jobs.list(query)
    return { jobs: jobs.map(withoutFence), next }
  }
  const byState = JOB_STATES.map((state) => list({ states: [state], limit: 99 }))
  const first = await list({ kinds: ['k'], limit: 2 })
  const rest = await list({ states: JOB_STATES, limit: 9, ...(first.next ? { after: first.next } : {}) })
  const ofKey = await list({ kinds: ['l', 'k'], key: 'a', withoutPayload: true, limit: 1 })
  const counts = (await store.jobs.count()).map((one) => JSON.stringify(Object.entries(one).sort())).sort()
  return [await Promise.all(byState), first, rest, ofKey, counts]
}

async function answer(store: JobStore, one: JobCall, claims: Job[]): Promise<unknown> {
  if (one.call === 'enqueue')
    return (await store.commit({ jobs: one.jobs.map((job) => ({ ...job, due: ofJob(job.due, job) })) })).sequence
  if (one.call === 'claim') {
    const { kinds, now, lease, max } = one
    const got = await store.jobs.claim({ kinds, now: now * 10 + 9, lease: lease * 10, max })
    claims.push(...got)
    return got.map(withoutFence)
  }
  if (one.call === 'retry') return store.jobs.retry(one.kind, one.key, ofJob(one.now, one))
  const claim = claims[one.nth % Math.max(claims.length, 1)]
  if (claim === undefined) return 'nothing claimed'
  if (one.call === 'renew') return store.jobs.renew(claim, one.until * 10)
  if (one.call === 'settle') return store.jobs.settle(claim, endOf(one.end, claim))
  return store.commit({ claim }).then(
    () => 'holds',
    (error: unknown) => {
      assert.ok(error instanceof CommitConflict)
      return error.kind
    },
  )
}

const ofJob = (time: number, { kind, key }: Pick<Job, 'kind' | 'key'>): number =>
  time * 10 + KINDS.indexOf(kind) * KEYS.length + KEYS.indexOf(key)

const endOf = (end: Settlement, job: Job): Settlement =>
  'again' in end ? { ...end, again: ofJob(end.again, job) } : end

const withoutFence = (job: Job): Job => ({ ...job, fence: 0 })
