/**
 * The pages of a search while others write: together they are the result as of the first page, less what the viewer may not
 * know any more when it reads the page.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { visible } from '../../server/search/match.ts'
import type { Query } from '../../server/search/query.ts'
import { CommitConflict } from '../../server/store/errors.ts'
import type { Found, Store, Version, Work } from '../../server/store/store.ts'
import { question, work } from './questions.ts'
import { STORES } from './stores.ts'
import type { StoreKind } from './stores.ts'
import { EVERYTHING, named } from './writes.ts'
import { TIMES } from '../times.ts'

const RUNS = 30 * TIMES

for (const kind of STORES) {
  describe(`store / ${kind.name} / pages while others write`, function () {
    this.timeout(60_000 + RUNS * 200)

    it('are together the result as of the first page, less what the viewer may not know any more', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(work, { minLength: 3, maxLength: 8 }),
          fc.array(work, { minLength: 1, maxLength: 6 }),
          fc.array(question, { minLength: 2, maxLength: 5 }),
          (before, meanwhile, questions) => readWhileWriting(kind, before, meanwhile, questions),
        ),
        { numRuns: RUNS },
      )
    })
  })
}

async function readWhileWriting(
  kind: StoreKind,
  before: readonly Work[],
  meanwhile: readonly Work[],
  questions: readonly Query[],
): Promise<void> {
  const { store, clock, close } = await kind.open()
  const commit = (one: Work) =>
    store.commit(one).catch((error: unknown) => assert.ok(error instanceof CommitConflict, String(error)))
  try {
    for (const one of before) await commit(one)
    for (const { asOf: _asOf, ...query } of questions) {
      const whole = (await store.find({ ...query, viewer: EVERYTHING, limit: 1000 })).versions
      const writes = [...meanwhile]
      let page = await store.find(query)
      await expectPage(store, query, whole, page)
      while (page.next) {
        clock.now += 1
        const one = writes.shift()
        if (one) await commit(one)
        const [asOf, after, last] = [page.sequence!, page.next, page.versions.at(-1)!]
        page = await store.find({ ...query, asOf, after })
        await expectPage(store, query, whole.slice(1 + indexOf(whole, last)), page)
        if (page.previous) await expectBack(store, { ...query, asOf, after: page.previous }, whole, page.versions[0]!)
      }
    }
  } finally {
    await close()
  }
}

const indexOf = (list: readonly Version[], one: Version): number =>
  list.findIndex((other) => named(other) === named(one))

/** The page holds the first of these versions that the viewer may know now. */
async function expectPage(store: Store, query: Query, from: readonly Version[], page: Found): Promise<void> {
  const expected = (await readable(store, query, from)).slice(0, query.limit)
  assert.deepEqual(page.versions.map(named), expected.map(named))
}

/** And a page read backward the last ones before a version. */
async function expectBack(store: Store, query: Query, whole: readonly Version[], first: Version): Promise<void> {
  const expected = (await readable(store, query, whole.slice(0, indexOf(whole, first)))).slice(-query.limit)
  const page = await store.find({ ...query, backward: true })
  assert.deepEqual(page.versions.map(named), expected.map(named))
}

async function readable(store: Store, { viewer }: Query, versions: readonly Version[]): Promise<Version[]> {
  const shown = await Promise.all(
    versions.map(async (one) => {
      const { audience } = (await store.indexed(one))!
      return visible(audience, viewer) && (await store.vread(one, one.version, viewer)) !== undefined
    }),
  )
  return versions.filter((_version, index) => shown[index])
}
