/** Search in a store: the cases of every evaluator, and pages. */
import assert from 'node:assert/strict'
import { searchContract } from '../../search/cases.ts'
import type { Cursor, Query } from '../../../server/search/query.ts'
import type { Store, Version } from '../../../server/store/store.ts'
import { each } from '../stores.ts'
import type { StoreKind } from '../stores.ts'
import { EVERYTHING, ids, isToken, put, query, remove, token } from '../writes.ts'

export function search(kind: StoreKind): void {
  searchContract(`store / ${kind.name}`, async (records, { where, sort }) => {
    const { store, clock, close } = await kind.open()
    for (const { id, at, entries } of records) {
      clock.now = at
      await store.commit({ writes: [put(`Basic/${id}`, { entries })] })
    }
    const { versions } = await store.find(query('Basic', { where, sort }))
    const anywhere = await store.find(query('*', { where, sort }))
    await close()
    assert.equal(ids(anywhere.versions), ids(versions), 'a search of every type finds the same')
    return versions.map(({ id }) => id)
  })

  describe(`store / ${kind.name} / find`, () => {
    const given = each(kind)
    const status = (code: string) => ({ entries: [token('status', code)] })

    it('looks at one type, or at all of them', async () => {
      await given.store.commit({ writes: [put('Task/a', status('x')), put('Goal/b', status('x'))] })
      const where = isToken('status', 'x')
      assert.equal(ids((await given.store.find(query('Task', { where }))).versions), 'a')
      assert.equal(ids((await given.store.find(query('*', { where }))).versions), 'a b')
      assert.equal(ids((await given.store.find(query('Patient', { where }))).versions), '')
    })

    it('finds a record by its current entries, not by former ones', async () => {
      await given.store.commit({ writes: [put('Task/a', status('old'))] })
      await given.store.commit({ writes: [put('Task/a', status('new'))] })
      assert.equal(ids((await given.store.find(query('Task', { where: isToken('status', 'old') }))).versions), '')
      assert.equal(ids((await given.store.find(query('Task', { where: isToken('status', 'new') }))).versions), 'a')
    })

    it('leaves deleted records out unless they are requested', async () => {
      await given.store.commit({ writes: [put('Task/a', status('x'))] })
      await given.store.commit({ writes: [remove('Task/a', status('x'))] })
      const where = isToken('status', 'x')
      assert.equal((await given.store.find(query('Task', { where }))).versions.length, 0)
      const [found] = (await given.store.find(query('Task', { where, deleted: true }))).versions
      assert.deepEqual([found?.method, found?.version, found?.text], ['DELETE', 2, ''])
    })

    it('counts all that match when the total is requested, even with a limit of 0', async () => {
      await given.store.commit({ writes: ['a', 'b', 'c'].map((id) => put(`Task/${id}`)) })
      assert.equal((await given.store.find(query('Task', { limit: 2, total: true }))).total, 3)
      assert.deepEqual(await given.store.find(query('Task', { limit: 0, total: true })), { versions: [], total: 3 })
      assert.equal((await given.store.find(query('Task', { limit: 2 }))).total, undefined)
    })

    it('names a next page only where there is one', async () => {
      await given.store.commit({ writes: ['a', 'b'].map((id) => put(`Task/${id}`)) })
      assert.equal((await given.store.find(query('Task', { limit: 2 }))).next, undefined)
      assert.notEqual((await given.store.find(query('Task', { limit: 1 }))).next, undefined)
    })

    it('keeps the order of the first creation after updates, and after a deletion and a new beginning', async () => {
      await given.store.commit({ writes: ['a', 'b', 'c'].map((id) => put(`Task/${id}`)) })
      await given.store.commit({ writes: [put('Task/b')] })
      await given.store.commit({ writes: [remove('Task/a')] })
      await given.store.commit({ writes: [put('Task/a')] })
      assert.equal(ids((await given.store.find(query('Task'))).versions), 'a b c')
    })

    it('takes a thousand alternatives, and no limit at all', async () => {
      await given.store.commit({ writes: ['1', '7', '999'].map((id) => put(`Task/${id}`, status(`s${id}`))) })
      const of = Array.from({ length: 1000 }, (_, index) => isToken('status', `s${index === 7 ? 'x' : index}`))
      const found = await given.store.find(query('Task', { where: { op: 'or', of }, limit: Infinity }))
      assert.equal(ids(found.versions), '1 999')
      assert.equal((await given.store.feed(0, Infinity)).length, 1)
      const { versions } = await given.store.history({ type: 'Task', id: '1' }, EVERYTHING, { limit: Infinity })
      assert.equal(versions.length, 1)
    })

    it('skips and repeats nothing over pages when records come in between', async () => {
      await given.store.commit({ writes: ['b', 'd', 'f'].map((id) => put(`Task/${id}`)) })
      const sort = [{ param: '_id', kind: 'id', descending: false }] as const
      const first = await given.store.find(query('Task', { sort, limit: 2 }))
      await given.store.commit({ writes: ['a', 'c', 'e'].map((id) => put(`Task/${id}`)) })
      const second = await given.store.find(query('Task', { sort, limit: 2, after: first.next! }))
      assert.deepEqual([ids(first.versions), ids(second.versions)], ['b d', 'e f'])
    })

    it('shows on no page what the viewer may not know of', async () => {
      const audience = (id: string) => [{ agency: id < 'c' ? 'abe' : 'snap' }]
      await given.store.commit({
        writes: ['a', 'b', 'c', 'd'].map((id) => put(`Task/${id}`, { audience: audience(id) })),
      })
      const viewer = { agency: 'snap', at: given.clock.now }
      const found = await given.store.find(query('Task', { viewer, limit: 1, total: true }))
      assert.deepEqual([ids(found.versions), found.total], ['c', 2])
      assert.equal(ids(await pages(given.store, query('Task', { viewer, limit: 1 }))), 'c d')
      assert.equal(ids((await given.store.find(query('Task', { viewer: EVERYTHING }))).versions), 'a b c d')
    })
  })
}

/** All pages of a query. */
export async function pages(store: Store, query: Query): Promise<Version[]> {
  const all: Version[] = []
  let after: Cursor | undefined
  do {
    const page = await store.find(after === undefined ? query : { ...query, after })
    assert.ok(page.versions.length <= query.limit)
    all.push(...page.versions)
    after = page.next
  } while (after !== undefined)
  return all
}

/** All pages of a query, read from the last one back to the first. */
export async function pagesBack(store: Store, query: Query): Promise<Version[]> {
  let page = await store.find(query)
  while (page.next) page = await store.find({ ...query, after: page.next })
  const all = [...page.versions]
  while (page.previous) {
    page = await store.find({ ...query, after: page.previous, backward: true })
    assert.ok(page.versions.length <= query.limit)
    all.unshift(...page.versions)
  }
  return all
}

/** Everything that an iterator gives. */
export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
