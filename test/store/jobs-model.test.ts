/** Jobs of every store against those in memory: the same random calls, the same answers. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { openMemory } from '../../server/store/memory/open.ts'
import { JOB_STATES } from '../../server/store/job-state.ts'
import { CommitConflict } from '../../server/store/errors.ts'
import type { Job, NewJob, Settlement, Store } from '../../server/store/store.ts'
import { STORES } from './stores.ts'
import type { StoreKind } from './stores.ts'
import { TIMES } from '../times.ts'

const RUNS = 75 * TIMES

/** `nth` picks one of the claims made so far, old ones too. */
type Call =
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

const time = fc.integer({ min: 0, max: 20 })
const nth = fc.nat({ max: 9 })
const kind = fc.constantFrom('k', 'l')
const key = fc.constantFrom('a', 'b', 'c')
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
const call: fc.Arbitrary<Call> = fc.oneof(
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

/** Plays calls on one store; answers all its answers, and what it lists after each. */
async function play(store: Store, calls: readonly Call[]): Promise<unknown[]> {
  const claims: Job[] = []
  const answers: unknown[] = []
  for (const one of calls) {
    answers.push(await answer(store, one, claims))
    answers.push(await store.jobs.next(['k', 'l']), await listings(store))
  }
  return answers
}

async function listings(store: Store): Promise<unknown[]> {
  const byState = JOB_STATES.map((state) => store.jobs.list({ states: [state], limit: 99 }))
  const first = await store.jobs.list({ kinds: ['k'], limit: 2 })
  const rest = await store.jobs.list({ states: JOB_STATES, limit: 9, ...(first.next ? { after: first.next } : {}) })
  const counts = (await store.jobs.count()).map((one) => JSON.stringify(Object.entries(one).sort())).sort()
  return [await Promise.all(byState), first, rest, counts]
}

async function answer(store: Store, one: Call, claims: Job[]): Promise<unknown> {
  if (one.call === 'enqueue') return (await store.commit({ jobs: one.jobs })).sequence
  if (one.call === 'claim') {
    const got = await store.jobs.claim(one)
    claims.push(...got)
    return got
  }
  if (one.call === 'retry') return store.jobs.retry(one.kind, one.key, one.now)
  const claim = claims[one.nth % Math.max(claims.length, 1)]
  if (claim === undefined) return 'nothing claimed'
  if (one.call === 'renew') return store.jobs.renew(claim, one.until)
  if (one.call === 'settle') return store.jobs.settle(claim, one.end)
  return store.commit({ claim }).then(
    () => 'holds',
    (error: unknown) => {
      assert.ok(error instanceof CommitConflict)
      return error.kind
    },
  )
}

for (const kindOfStore of STORES.filter(({ name }) => name !== 'memory')) {
  describe(`store / ${kindOfStore.name} / model of jobs`, function () {
    this.timeout(60_000 + RUNS * 200)

    it('gives the answers of the jobs in memory to random calls', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 25 }), (calls) => compare(kindOfStore, calls)),
        { numRuns: RUNS },
      )
    })
  })
}

async function compare(of: StoreKind, calls: readonly Call[]): Promise<void> {
  const { store, clock, close } = await of.open()
  clock.now = 10
  try {
    assert.deepEqual(await play(store, calls), await play(openMemory({ clock: () => clock.now }), calls))
  } finally {
    await close()
  }
}
