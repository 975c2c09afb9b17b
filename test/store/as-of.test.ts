/** A search as of a sequence finds what a search found when that sequence was the last one. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { visible } from '../../server/search/match.ts'
import type { Query } from '../../server/search/query.ts'
import { CommitConflict } from '../../server/store/errors.ts'
import type { Store, Version, Work } from '../../server/store/store.ts'
import { pages } from './contract/search.ts'
import { question, work } from './questions.ts'
import { STORES } from './stores.ts'
import type { StoreKind } from './stores.ts'
import { EVERYTHING } from './writes.ts'
import { TIMES } from '../times.ts'

const RUNS = 50 * TIMES

for (const kind of STORES) {
  describe(`store / ${kind.name} / as of every sequence`, function () {
    this.timeout(60_000 + RUNS * 200)

    it('finds what was found when it was the last one, for those who may know of it now', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(work, { minLength: 2, maxLength: 12 }),
          fc.array(question, { minLength: 1, maxLength: 4 }),
          (works, questions) => compare(kind, works, questions),
        ),
        { numRuns: RUNS },
      )
    })
  })
}

async function compare(kind: StoreKind, works: readonly Work[], questions: readonly Query[]): Promise<void> {
  const { store, clock, close } = await kind.open()
  try {
    const queries = questions.map(({ asOf: _asOf, ...query }) => query)
    const then: Version[][][] = [await foundBy(store, queries)]
    for (const [index, one] of works.entries()) {
      clock.now = index
      await store.commit(one).catch((error: unknown) => assert.ok(error instanceof CommitConflict))
      then[await store.last()] = await foundBy(store, queries)
    }
    for (const [asOf, found] of then.entries()) {
      for (const [index, query] of queries.entries()) {
        const expected = await asSeen(store, query, found[index]!)
        assert.deepEqual((await pages(store, { ...query, asOf })).map(essence), expected.map(essence))
        assert.equal((await store.find({ ...query, asOf, limit: 0, total: true })).total, expected.length)
      }
    }
  } finally {
    await close()
  }
}

/** What each query finds now, whoever may know of it. */
const foundBy = (store: Store, queries: readonly Query[]): Promise<Version[][]> =>
  Promise.all(
    queries.map(async (query) => [...(await store.find({ ...query, viewer: EVERYTHING, limit: 1000 })).versions]),
  )

/** Those of which the viewer may know the record now, and the version at all. */
async function asSeen(store: Store, { viewer }: Query, versions: readonly Version[]): Promise<Version[]> {
  const audiences = await Promise.all(versions.map(async (version) => (await store.indexed(version))!.audience))
  const readable = await Promise.all(versions.map((one) => store.vread(one, one.version, viewer)))
  return versions.filter((_version, index) => visible(audiences[index]!, viewer) && readable[index] !== undefined)
}

/** Without the entries, whose order is not fixed. */
const essence = ({ type, id, version, sequence, text }: Version): readonly unknown[] => [
  type,
  id,
  version,
  sequence,
  text,
]
