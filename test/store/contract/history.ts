/** History of one record, of types and of everything: the versions of the log, in either direction, in pages. */
import assert from 'node:assert/strict'
import type { HistoryPage, HistoryPosition, HistoryScope, Store, Version } from '../../../server/store/store.ts'
import { each, START } from '../stores.ts'
import type { StoreKind } from '../stores.ts'
import { EVERYTHING, key, named, put, remove } from '../writes.ts'

export function history(kind: StoreKind): void {
  describe(`store / ${kind.name} / history`, () => {
    const given = each(kind)
    const at = (time: number, ...writes: ReturnType<typeof put>[]) => {
      given.clock.now = START + time
      return given.store.commit({ writes })
    }
    const found = async (scope: HistoryScope, page: Partial<HistoryPage> = {}) => {
      const { versions, total } = await given.store.history(scope, EVERYTHING, { limit: 99, total: true, ...page })
      assert.ok(page.limit !== undefined || versions.length === total)
      return versions.map(named).join(' ')
    }
    /** Task/a: 1 at 1 ms, 2 at 3 ms, deleted at 5 ms. Goal/b: at 1 ms, the second write of the commit, and at 4 ms. */
    const written = async () => {
      await at(1, put('Task/a'), put('Goal/b'))
      await at(3, put('Task/a'))
      await at(4, put('Goal/b'))
      await at(5, remove('Task/a'))
    }

    it('is of one record, of a type, of several types, or of everything, the newest first', async () => {
      await written()
      assert.equal(await found(key('Task/a')), 'Task/a#3 Task/a#2 Task/a#1')
      assert.equal(await found('Task'), 'Task/a#3 Task/a#2 Task/a#1')
      assert.equal(await found('Unheard'), '')
      assert.equal(await found([]), '')
      for (const scope of ['*', ['Task', 'Goal', 'Unheard']] as const)
        assert.equal(await found(scope), 'Task/a#3 Goal/b#2 Task/a#2 Goal/b#1 Task/a#1')
      assert.equal(await found('*', { oldestFirst: true }), 'Task/a#1 Goal/b#1 Task/a#2 Goal/b#2 Task/a#3')
    })

    it('is cut by the time of the versions, and by a sequence', async () => {
      await written()
      assert.equal(await found('*', { since: START + 3, before: START + 5 }), 'Goal/b#2 Task/a#2')
      assert.equal(await found('*', { since: START + 6 }), '')
      assert.equal(await found('*', { before: START + 1 }), '')
      assert.equal(await found('*', { upTo: 2 }), 'Task/a#2 Goal/b#1 Task/a#1')
      assert.equal(await found(key('Task/a'), { since: START + 2, before: START + 4 }), 'Task/a#2')
    })

    it('has the versions that were current at some time in a period, a deletion when it was made', async () => {
      await written()
      const current = (start: number, end: number) =>
        found('*', { currentIn: { start: START + start, end: START + end } })
      assert.equal(await current(0, 1), '')
      assert.equal(await current(1, 2), 'Goal/b#1 Task/a#1')
      assert.equal(await current(2, 4), 'Task/a#2 Goal/b#1 Task/a#1')
      assert.equal(await current(4, 5), 'Goal/b#2 Task/a#2')
      assert.equal(await current(5, 6), 'Task/a#3 Goal/b#2')
      assert.equal(await current(6, 9), 'Goal/b#2')
    })

    it('gives pages in both directions that together are the whole, from any position', async () => {
      await written()
      for (const limit of [1, 2, 5]) {
        const newest = await pagesOf(given.store, '*', { limit, total: true })
        assert.equal(newest.map(named).join(' '), await found('*'))
        assert.deepEqual(await pagesOf(given.store, '*', { limit, oldestFirst: true }), newest.reverse())
      }
    })

    it('counts all, whatever the page, and shows none with a limit of 0', async () => {
      await written()
      const counted = await given.store.history('*', EVERYTHING, { limit: 0, total: true })
      assert.deepEqual([counted.total, counted.versions], [5, []])
      const { positions } = await given.store.history('*', EVERYTHING, { limit: 3 })
      const rest = await given.store.history('*', EVERYTHING, { limit: 9, total: true, after: positions[2]! })
      assert.deepEqual([rest.total, rest.versions.length, rest.more], [5, 2, false])
    })

    it('has the request of the commit with each of its versions, and none where there was none', async () => {
      const request = { id: 'req-1', agency: 'es' }
      await given.store.commit({ request, writes: [put('Task/a'), put('Goal/b')] })
      await given.store.commit({ writes: [put('Task/a')] })
      await given.store.commit({ request: { id: 'req-2', agency: 'board' }, writes: [remove('Goal/b')] })
      const { versions } = await given.store.history('*', EVERYTHING, { limit: 9 })
      assert.deepEqual(
        versions.map((one) => [named(one), one.request]),
        [
          ['Goal/b#2', { id: 'req-2', agency: 'board' }],
          ['Task/a#2', undefined],
          ['Goal/b#1', request],
          ['Task/a#1', request],
        ],
      )
    })

    it('gives a reader of many versions each once, while others write', async () => {
      const many = Array.from({ length: 1200 }, (_, index) => put(`Task/t${index}`))
      await given.store.commit({ writes: many })
      const seen: Version[] = []
      let after: HistoryPosition | undefined
      do {
        const page = await given.store.history('Task', EVERYTHING, { limit: 333, ...(after ? { after } : {}) })
        seen.push(...page.versions)
        await given.store.commit({ writes: [put(`Task/t${seen.length}`), put(`Task/new${seen.length}`)] })
        after = page.more ? page.positions.at(-1) : undefined
      } while (after !== undefined)
      assert.deepEqual(
        seen.map(named),
        many.map((_, index) => `Task/t${1199 - index}#1`),
      )
    })

    it('finds the few that an agency knows among many that it does not', async () => {
      const audience = (index: number) => [{ agency: index % 600 === 7 ? 'abe' : 'snap' }]
      const many = Array.from({ length: 1800 }, (_, index) => put(`Task/t${index}`, { audience: audience(index) }))
      await given.store.commit({ writes: many })
      for (const [agency, expected] of [
        ['abe', 3],
        ['snap', 1797],
      ] as const) {
        const viewer = { agency, at: given.clock.now }
        const page = await given.store.history('Task', viewer, { limit: 2, total: true })
        assert.deepEqual([page.total, page.versions.length, page.more], [expected, 2, true])
        assert.equal((await given.store.history('*', viewer, { limit: 2000 })).versions.length, expected)
      }
    })
  })
}

/** All pages of a history. */
export async function pagesOf(store: Store, scope: HistoryScope, page: HistoryPage): Promise<Version[]> {
  const all: Version[] = []
  let after: HistoryPosition | undefined
  do {
    const one = await store.history(scope, EVERYTHING, after ? { ...page, after } : page)
    all.push(...one.versions)
    after = one.more ? one.positions.at(-1) : undefined
  } while (after !== undefined)
  return all
}
