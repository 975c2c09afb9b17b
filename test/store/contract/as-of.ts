/** Searches as of a sequence, the iterator over everything, several types at once, and versions with their entries. */
import assert from 'node:assert/strict'
import type { Query, Sort } from '../../../server/search/query.ts'
import { SequenceUnavailable } from '../../../server/store/errors.ts'
import type { Write } from '../../../server/store/store.ts'
import { each } from '../stores.ts'
import type { StoreKind } from '../stores.ts'
import { circle, EVERYTHING, ids, isToken, key, named, put, query, remove, token } from '../writes.ts'
import { collected, pages } from './search.ts'

const status = (code: string) => ({ entries: [token('status', code)] })
const byStatus: readonly Sort[] = [{ param: 'status', kind: 'token', descending: false }]

export function asOf(kind: StoreKind): void {
  describe(`store / ${kind.name} / as of a sequence`, () => {
    const given = each(kind)
    const commit = async (...writes: Write[]) => (await given.store.commit({ writes })).sequence
    const found = async (sequence: number, parts: Partial<Query> = {}) => {
      const { versions } = await given.store.find(query('Task', { asOf: sequence, ...parts }))
      return versions.map(named).join(' ')
    }

    it('finds the records as they were, by the entries that they had', async () => {
      const created = await commit(put('Task/a', status('open')), put('Task/b', status('open')))
      const changed = await commit(put('Task/a', status('done')))
      const removed = await commit(remove('Task/b', status('gone')), put('Task/c', status('open')))
      const open = { where: isToken('status', 'open') }
      assert.equal(await found(0), '')
      assert.equal(await found(created), 'Task/a#1 Task/b#1')
      assert.equal(await found(created, open), 'Task/a#1 Task/b#1')
      assert.equal(await found(created, { where: isToken('status', 'done') }), '')
      assert.equal(await found(changed, open), 'Task/b#1')
      assert.equal(await found(changed, { where: isToken('status', 'done') }), 'Task/a#2')
      assert.equal(await found(removed, open), 'Task/c#1')
      assert.equal(await found(removed, { deleted: true }), 'Task/a#2 Task/b#2 Task/c#1')
      assert.equal(await found(changed, { deleted: true, where: isToken('status', 'gone') }), '')
    })

    it('sees entries that were brought up to date only from then on', async () => {
      const created = await commit(put('Task/a', status('x')))
      const reindexed = await commit({
        kind: 'entries',
        key: key('Task/a'),
        entries: [token('status', 'y')],
        expect: { version: [1] },
      })
      assert.equal(await found(created, { where: isToken('status', 'x') }), 'Task/a#1')
      assert.equal(await found(reindexed, { where: isToken('status', 'x') }), '')
      assert.equal(await found(reindexed, { where: isToken('status', 'y') }), 'Task/a#1')
      const updated = await commit(put('Task/a', status('z')))
      assert.equal(await found(reindexed, { where: isToken('status', 'y') }), 'Task/a#1')
      assert.equal(await found(created, { where: isToken('status', 'x') }), 'Task/a#1')
      assert.equal(await found(updated, { where: isToken('status', 'z') }), 'Task/a#2')
    })

    it('shows a record to those who may know of it now, as far as they may know the version of then', async () => {
      const created = await commit(put('Task/a', { audience: [{ agency: 'abe' }] }))
      const updated = await commit(put('Task/a', { audience: [{ agency: 'abe' }] }))
      await commit(circle('Task/a', { agency: 'snap' }))
      const last = await commit(put('Task/a', { audience: [{ agency: 'snap' }, { agency: 'tanf' }] }))
      const viewer = (agency: string) => ({ viewer: { agency, at: given.clock.now } })
      const seenBy = async (agency: string) =>
        Promise.all([created, updated, last].map((sequence) => found(sequence, viewer(agency))))
      assert.deepEqual(await seenBy('abe'), ['', '', ''])
      assert.deepEqual(await seenBy('snap'), ['', 'Task/a#2', 'Task/a#3'])
      assert.deepEqual(await seenBy('tanf'), ['', '', 'Task/a#3'])
      const board = { viewer: { agency: 'snap', at: given.clock.now, allVersions: true } } as const
      assert.equal(await found(created, board), 'Task/a#1')
    })

    it('holds pages and totals together while others write, in creation order and sorted', async () => {
      for (const id of ['d', 'b', 'e', 'a', 'c']) await commit(put(`Task/${id}`, status(`s${id}`)))
      const sequence = await given.store.last()
      const writers = async () => {
        await commit(put('Task/a', status('sz')), put('Task/new', status('s0')))
        await commit(remove('Task/d'), put('Task/e', status('sa')))
      }
      for (const [sort, expected] of [
        [[], 'd b e a c'],
        [byStatus, 'a b c d e'],
      ] as const) {
        const pinned = query('Task', { asOf: sequence, sort, limit: 2, total: true })
        const first = await given.store.find(pinned)
        await writers()
        const second = await given.store.find({ ...pinned, after: first.next! })
        await writers()
        const third = await given.store.find({ ...pinned, after: second.next! })
        assert.equal([first, second, third].map(({ versions }) => ids(versions)).join(' '), expected)
        assert.deepEqual([first.total, second.total, third.total, third.next], [5, 5, 5, undefined])
        assert.ok([first, second, third].every(({ versions }) => versions.every(({ version }) => version === 1)))
      }
    })

    it('refuses what is no sequence, or one that was not taken yet', async () => {
      await commit(put('Task/a'))
      await assert.rejects(found(-1), SequenceUnavailable)
      await assert.rejects(found(2), (error: unknown) => {
        assert.ok(error instanceof SequenceUnavailable)
        assert.equal(error.message, 'The store cannot search as of sequence 2: it can from 0 to 1.')
        return true
      })
    })
  })

  describe(`store / ${kind.name} / all`, () => {
    const given = each(kind)
    const MANY = 1234

    it('gives everything that matches, more than any page, once', async () => {
      const names = Array.from({ length: MANY }, (_, index) => String(index))
      await given.store.commit({ writes: names.map((id) => put(`Task/${id}`, status(`s${id}`))) })
      const { limit: _limit, ...everything } = query('Task')
      assert.equal(ids(await collected(given.store.all(everything))), names.join(' '))
      const sorted = await collected(given.store.all({ ...everything, sort: byStatus }))
      assert.equal(ids(sorted), names.sort().join(' '))
    })

    it('gives one state, that in which it began, whatever is committed while it is read', async () => {
      const names = Array.from({ length: MANY }, (_, index) => String(index))
      await given.store.commit({ writes: names.map((id) => put(`Task/${id}`, status('x'))) })
      const seen: string[] = []
      const { limit: _limit, ...everything } = query('Task', { where: isToken('status', 'x') })
      for await (const { id, version } of given.store.all(everything)) {
        if (seen.length % 100 === 0) {
          const last = MANY - 1 - seen.length / 100
          await given.store.commit({
            writes: [
              put(`Task/${last}`, status('y')),
              put(`Task/${seen.length}`, status('x')),
              put(`Task/new${seen.length}`, status('x')),
              remove(`Task/${MANY - 100 - seen.length / 100}`),
            ],
          })
        }
        assert.equal(version, 1)
        seen.push(id)
      }
      assert.equal(seen.join(' '), names.join(' '))
    })

    it('gives that state although everything was changed meanwhile', async function () {
      this.timeout(60_000)
      const names = Array.from({ length: MANY }, (_, index) => String(index))
      await given.store.commit({ writes: names.map((id) => put(`Task/${id}`, status('x'))) })
      const where = isToken('status', 'x')
      for (const sort of [[], byStatus]) {
        const asOf = await given.store.last()
        const seen: string[] = []
        for await (const { id } of given.store.all({ type: 'Task', where, viewer: EVERYTHING, sort })) {
          if (seen.length === 300)
            await given.store.commit({ writes: names.map((name) => put(`Task/${name}`, status('x'))) })
          seen.push(id)
        }
        assert.equal(seen.join(' '), names.join(' '))
        assert.equal((await given.store.find(query('Task', { where, asOf, limit: 0, total: true }))).total, MANY)
        const end = await given.store.find(query('Task', { where, asOf, limit: 700 }))
        assert.deepEqual([end.versions.length, end.next === undefined], [700, false])
      }
    })

    it('looks as of the sequence that is given', async () => {
      await given.store.commit({ writes: [put('Task/a')] })
      await given.store.commit({ writes: [put('Task/a'), put('Task/b')] })
      const found = await collected(given.store.all({ ...query('Task'), asOf: 1 }))
      assert.deepEqual(found.map(named), ['Task/a#1'])
    })
  })

  describe(`store / ${kind.name} / several types`, () => {
    const given = each(kind)

    it('finds records of each of the types, in one order', async () => {
      const about = (id: string) => ({
        entries: [{ kind: 'reference', param: '_participant', type: 'Patient', id } as const, token('status', id)],
      })
      await given.store.commit({ writes: [put('Goal/g', about('1')), put('Basic/b', about('1'))] })
      await given.store.commit({ writes: [put('CarePlan/c', about('1')), put('CarePlan/d', about('2'))] })
      const find = async (type: Query['type'], parts: Partial<Query> = {}) => {
        const where = { op: 'reference', param: '_participant', type: 'Patient', id: '1' } as const
        const { versions, total } = await given.store.find(query(type as string, { where, total: true, ...parts }))
        return [ids(versions), total]
      }
      assert.deepEqual(await find(['CarePlan', 'Basic', 'QuestionnaireResponse']), ['b c', 2])
      assert.deepEqual(await find(['CarePlan']), ['c', 1])
      assert.deepEqual(await find([]), ['', 0])
      assert.deepEqual(await find(['CarePlan', 'Goal'], { sort: byStatus, where: isToken('status', '2') }), ['d', 1])
      assert.deepEqual(await find(['CarePlan', 'Goal'], { where: { op: 'id', ids: ['b', 'd', 'g'] } }), ['g d', 2])
      assert.deepEqual(await find(['CarePlan', 'Goal'], { where: { op: 'missing', param: 'status' } }), ['', 0])
      const missing = { op: 'not', of: { op: 'missing', param: 'status' } } as const
      assert.deepEqual(await find(['CarePlan', 'Goal'], { where: missing }), ['g c d', 3])
      const paged = await pages(given.store, { ...query('x', { limit: 1 }), type: ['Basic', 'Goal', 'CarePlan'] })
      assert.equal(ids(paged), 'g b c d')
    })
  })

  describe(`store / ${kind.name} / versions with entries`, () => {
    const given = each(kind)
    const sorted = (list: readonly unknown[] | undefined) => list?.map((entry) => JSON.stringify(entry)).sort()

    it('answers the entries that each version is found by, when they are requested', async () => {
      const entries = [
        token('status', 'x', 'urn:s'),
        { kind: 'string', param: 'name', value: 'muller', exact: 'Müller' },
        { kind: 'date', param: 'date', start: -5, end: 1e15 },
        { kind: 'reference', param: 'subject', type: 'Patient', id: '1' },
      ] as const
      const simple = [{ kind: 'token', param: 'status', code: 'plain' }] as const
      await given.store.commit({
        writes: [put('Task/a', { entries }), put('Task/b', { entries: simple }), put('Task/c')],
      })
      await given.store.commit({ writes: [put('Task/a', { entries: simple })] })
      const found = async (parts: Partial<Query>) => {
        const { versions } = await given.store.find(query('Task', { withEntries: true, ...parts }))
        return versions.map((version) => sorted(version.entries))
      }
      const normal = sorted(entries.map((entry) => inStoreOrder(entry)))
      const plain = sorted(simple)
      assert.deepEqual(
        (await found({})).map((list) => list?.length),
        [1, 1, 0],
      )
      assert.deepEqual((await found({}))[0], plain)
      const before = await given.store.find(query('Task', { withEntries: true, asOf: 1 }))
      assert.deepEqual(sorted(before.versions[0]?.entries?.map((entry) => inStoreOrder(entry))), normal)
      assert.equal((await given.store.find(query('Task'))).versions[0]?.entries, undefined)
      const read = await given.store.read(key('Task/a'), EVERYTHING)
      assert.deepEqual((await given.store.find(query('Task', { limit: 1 }))).versions, [read])
    })

    it('answers the place in the creation order with the entries, whatever is sorted by and written since', async () => {
      const { store } = given
      await store.commit({ writes: [put('Task/c'), put('Goal/a'), put('Task/b')] })
      await store.commit({ writes: [put('Task/a'), put('Task/c'), remove('Task/b')] })
      const found = async (parts: Partial<Query>) => {
        const sort = [{ param: '_id', kind: 'id', descending: false }] as const
        const { versions } = await store.find(
          query('Task', { type: ['Task', 'Goal'], withEntries: ['status'], sort, ...parts }),
        )
        return versions.toSorted((one, other) => one.creation! - other.creation!).map(({ type, id }) => `${type}/${id}`)
      }
      assert.deepEqual(await found({}), ['Task/c', 'Goal/a', 'Task/a'])
      assert.deepEqual(await found({ asOf: 1 }), ['Task/c', 'Goal/a', 'Task/b'])
    })

    it('answers only the entries of the parameters that are requested', async () => {
      const entries = [token('status', 'x'), token('status', 'y', 'urn:s'), token('code', 'c'), token('other', 'o')]
      await given.store.commit({
        writes: [put('Task/a', { entries }), put('Goal/b', { entries: [token('code', 'd')] })],
      })
      await given.store.commit({ writes: [put('Task/a', { entries: [token('code', 'e')] })] })
      const found = async (withEntries: readonly string[], parts: Partial<Query> = {}) => {
        const { versions } = await given.store.find(query('Task', { withEntries, ...parts }))
        return versions.map((version) => sorted(version.entries))
      }
      const many = Array.from({ length: 200 }, (_, index) => token(`p${index}`, 'x'))
      assert.deepEqual(await found(['status', 'code']), [sorted([token('code', 'e')])])
      assert.deepEqual(await found(['status', 'code'], { asOf: 1 }), [sorted(entries.slice(0, 3))])
      assert.deepEqual(await found(['unheard']), [[]])
      assert.deepEqual(await found([]), [[]])
      assert.deepEqual(await found(['code'], { type: ['Task', 'Goal'] }), [
        [JSON.stringify(token('code', 'e'))],
        [JSON.stringify(token('code', 'd'))],
      ])
      await given.store.commit({ writes: [put('Task/a', { entries: many })] })
      assert.deepEqual(await found(many.slice(1).map(({ param }) => param)), [sorted(many.slice(1))])
    })
  })
}

/** The same properties in one order. */
const inStoreOrder = (entry: object): object => Object.fromEntries(Object.entries(entry).sort())
