/** Every store against the store in memory: the same random work and queries, the same answers. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Query, Viewer } from '../../server/search/query.ts'
import { openMemory } from '../../server/store/memory/open.ts'
import { CommitConflict, SequenceUnavailable } from '../../server/store/errors.ts'
import type { Store, Work } from '../../server/store/store.ts'
import { collected, pages, pagesBack } from './contract/search.ts'
import { question, viewer, work } from './questions.ts'
import { STORES } from './stores.ts'
import type { StoreKind } from './stores.ts'
import { EVERYTHING, key } from './writes.ts'
import { TIMES } from '../times.ts'

const RUNS = 75 * TIMES

type ModelStep = { readonly at: number; readonly works: readonly Work[] }

const step: fc.Arbitrary<ModelStep> = fc.record({
  at: fc.integer({ min: 0, max: 12 }),
  works: fc.array(work, { minLength: 1, maxLength: 4 }),
})

/** What a commit ended with, to be compared. */
const end = async (store: Store, one: Work) =>
  store.commit(one).then(
    (done) => done,
    (error: unknown) => {
      if (!(error instanceof CommitConflict)) throw error
      return [error.kind, error.index, error.current]
    },
  )

const KEYS = ['Task', 'Goal'].flatMap((type) => ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => key(`${type}/${id}`)))

/** Everything that can be read from a store without a query. */
async function dump(store: Store, viewer: Viewer) {
  return {
    read: await store.readMany(KEYS, viewer),
    history: await Promise.all(
      [...KEYS, 'Task', '*', ['Goal', 'Task']].map((one) =>
        store.history(one, viewer, { limit: 3, before: 9, since: 2, total: true }),
      ),
    ),
    vread: await Promise.all(KEYS.map((one) => store.vread(one, 2, viewer))),
    indexed: await Promise.all(KEYS.map((one) => store.indexed(one))),
    feed: await store.feed(1, 9),
    events: [await store.events('s', { from: 1, limit: 99 }), await store.eventCount('t')],
    last: await store.last(),
  }
}

for (const kind of STORES.filter(({ name }) => name !== 'memory')) {
  describe(`store / ${kind.name} / model`, function () {
    this.timeout(60_000 + RUNS * 200)

    it('gives the answers of the store in memory to random work and questions', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 1, maxLength: 8 }),
          fc.array(question, { minLength: 1, maxLength: 12 }),
          viewer,
          (steps, questions, viewer) => compare(kind, steps, questions, viewer),
        ),
        { numRuns: RUNS },
      )
    })
  })
}

async function compare(
  kind: StoreKind,
  steps: readonly ModelStep[],
  questions: readonly Query[],
  viewer: Viewer,
): Promise<void> {
  const { store, clock, close } = await kind.open()
  const model = openMemory({ clock: () => clock.now })
  try {
    for (const { at, works } of steps) {
      clock.now = at
      const [mine, expected] = [[], []] as [Promise<unknown>[], Promise<unknown>[]]
      for (const one of works) {
        mine.push(end(store, one))
        expected.push(end(model, one))
      }
      assert.deepEqual(plain(await Promise.all(mine)), plain(await Promise.all(expected)))
    }
    assert.deepEqual(plain(await dump(store, viewer)), plain(await dump(model, viewer)))
    assert.deepEqual(plain(await dump(store, EVERYTHING)), plain(await dump(model, EVERYTHING)))
    for (const query of questions) await compareFound(store, model, query)
  } finally {
    await close()
  }
}

async function compareFound(store: Store, model: Store, query: Query): Promise<void> {
  const last = await model.last()
  if (query.asOf !== undefined && query.asOf > last) {
    for (const one of [store, model]) await assert.rejects(one.find(query), SequenceUnavailable)
    return
  }
  assert.deepEqual(plain(await store.find(query)), plain(await model.find(query)))
  const whole = plain((await model.find({ ...query, limit: 1000 })).versions)
  assert.deepEqual(plain(await pages(store, query)), whole, 'the pages together are the result')
  if (query.limit % 2 === 0) assert.deepEqual(plain(await pagesBack(store, query)), whole, 'read backward as well')
  const { limit: _limit, ...rest } = query
  assert.deepEqual(plain(await collected(store.all(rest))), whole, 'so is what the iterator gives')
}

/** Without the properties that are undefined, and the positions in a history, which each store writes in its own way. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (name, part: unknown) =>
      name === 'positions' ? undefined : name === 'entries' ? sorted(part) : part,
    ),
  )

/** Index entries come in no particular order. */
const sorted = (entries: unknown): unknown => (Array.isArray(entries) ? entries.map(entryText).sort() : entries)
const entryText = (entry: object): string =>
  JSON.stringify(
    Object.entries(entry)
      .filter(([, value]) => value !== undefined)
      .sort(),
  )
