/** Index entries that change without a new version (reindex), and what a reindex needs to read. */
import assert from 'node:assert/strict'
import type { Cursor, Filter, IndexEntry } from '../../../server/search/query.ts'
import type { Write } from '../../../server/store/store.ts'
import { each, START } from '../stores.ts'
import type { StoreKind } from '../stores.ts'
import { EVERYTHING, ids, isToken, key, named, put, query, remove, token } from '../writes.ts'
import { conflict } from './versions.ts'

/** entries('Task/a', 1, token('status', 'x')) */
const entries = (text: string, version: number | readonly number[], ...list: IndexEntry[]): Write => ({
  kind: 'entries',
  key: key(text),
  entries: list,
  expect: { version: typeof version === 'number' ? [version] : version },
})

export function entriesOnly(kind: StoreKind): void {
  describe(`store / ${kind.name} / entries without a version`, () => {
    const given = each(kind)
    const commit = (...writes: Write[]) => given.store.commit({ writes })
    const find = async (where: Filter, parts = {}) =>
      ids((await given.store.find(query('Task', { where, ...parts }))).versions)

    it('finds a record by its new entries and no more by its old ones', async () => {
      await commit(put('Task/a', { entries: [token('status', 'old'), token('kept', 'x')] }))
      await commit(entries('Task/a', 1, token('status', 'new'), token('kept', 'x')))
      assert.deepEqual([await find(isToken('status', 'old')), await find(isToken('status', 'new'))], ['', 'a'])
      assert.equal(await find(isToken('kept', 'x')), 'a')
      assert.deepEqual((await given.store.indexed(key('Task/a')))?.version, 1)
    })

    it('makes no version, no change of the last update and nothing in the feed but the commit', async () => {
      const { versions } = await commit(put('Task/a'))
      given.clock.now = START + 5
      const done = await commit(entries('Task/a', 1, token('status', 'x')))
      assert.deepEqual([done.sequence, done.versions], [2, [undefined]])
      assert.deepEqual(await given.store.read(key('Task/a'), EVERYTHING), versions[0])
      assert.equal((await given.store.history(key('Task/a'), EVERYTHING, { limit: 9 })).versions.length, 1)
      assert.deepEqual(await given.store.feed(1, 9), [{ sequence: 2, at: START + 5, versions: [] }])
      assert.equal(await find({ op: 'updated', prefix: 'eq', start: START, end: START + 1 }), 'a')
    })

    it('leaves the audience, or changes it where one is given', async () => {
      const abe = { agency: 'abe', at: START }
      await commit(put('Task/a', { audience: [{ agency: 'abe' }] }))
      await commit(entries('Task/a', 1, token('status', 'x')))
      assert.equal(await find(isToken('status', 'x'), { viewer: abe }), 'a')
      const write = entries('Task/a', 1, token('status', 'x'))
      await commit({ ...write, audience: [{ agency: 'snap' }] } as Write)
      assert.equal(await find(isToken('status', 'x'), { viewer: abe }), '')
      assert.equal(await find(isToken('status', 'x'), { viewer: { ...abe, agency: 'snap' } }), 'a')
      assert.deepEqual((await given.store.read(key('Task/a'), EVERYTHING))?.audience, [{ agency: 'abe' }])
    })

    it('never overwrites the entries of a newer version, nor of a record that is not there', async () => {
      await commit(put('Task/a', { entries: [token('status', 'one')] }))
      await commit(put('Task/a', { entries: [token('status', 'two')] }))
      await assert.rejects(commit(put('Goal/g'), entries('Task/a', 1, token('status', 'x'))), conflict('write', 1, 2))
      await assert.rejects(commit(entries('Task/b', 1)), conflict('write', 0, 0))
      await assert.rejects(commit(entries('Task/a', [])), conflict('write', 0, 2))
      assert.deepEqual([await find(isToken('status', 'two')), await given.store.last()], ['a', 2])
      await commit(entries('Task/a', [1, 2], token('status', 'x')))
      assert.equal(await find(isToken('status', 'x')), 'a')
    })

    it('works for a deleted record, whose deletion is the version to be expected', async () => {
      await commit(put('Task/a'))
      await commit(remove('Task/a', { entries: [token('status', 'gone')] }))
      await assert.rejects(commit(entries('Task/a', 1, token('status', 'x'))), conflict('write', 0, 2))
      await commit(entries('Task/a', 2, token('status', 'x')))
      assert.deepEqual([await find(isToken('status', 'x')), await find(isToken('status', 'gone'))], ['', ''])
      assert.equal(await find(isToken('status', 'x'), { deleted: true }), 'a')
      await commit(put('Task/a', { expect: 'absent', entries: [token('status', 'back')] }))
      assert.equal(await find(isToken('status', 'back')), 'a')
    })

    it('changes nothing with the same entries again', async () => {
      const list = [token('status', 'x'), token('status', 'y', 'urn:s')]
      await commit(put('Task/a', { entries: list }))
      await commit(entries('Task/a', 1, ...list))
      await commit(entries('Task/a', 1, ...list))
      assert.equal(await find(isToken('status', 'y')), 'a')
    })
  })

  describe(`store / ${kind.name} / reading all records of a type for a reindex`, () => {
    const given = each(kind)

    it('meets each once, in creation order, deleted ones too, from a cursor that is kept as JSON', async () => {
      const { store } = given
      await store.commit({ writes: [put('Task/c'), put('Goal/x'), put('Task/a')] })
      await store.commit({ writes: ['b', 'e', 'd'].map((id) => put(`Task/${id}`)) })
      await store.commit({ writes: [remove('Task/b')] })
      const seen: (string | undefined)[] = []
      let after: string | undefined
      for (;;) {
        const position = after === undefined ? {} : { after: JSON.parse(after) as Cursor }
        const page = await store.find(query('Task', { deleted: true, withEntries: true, limit: 2, ...position }))
        seen.push(...page.versions.map(named))
        const writes = page.versions.map(({ type, id, version }) =>
          entries(`${type}/${id}`, version, token('new', 'x')),
        )
        await store.commit({ writes })
        // Others go on writing: before the cursor, after it, and new records.
        if (seen.length <= 4) await store.commit({ writes: [put(`Task/late${seen.length}`)] })
        if (seen.length === 2) await store.commit({ writes: [put('Task/c'), put('Task/d'), remove('Task/e')] })
        if (page.next === undefined) break
        after = JSON.stringify(page.next)
      }
      assert.equal(seen.join(' '), 'Task/c#1 Task/a#1 Task/b#2 Task/e#2 Task/d#2 Task/late2#1 Task/late4#1')
      const found = await store.find(query('Task', { where: isToken('new', 'x'), deleted: true }))
      assert.equal(
        ids(found.versions),
        'a b e d late2 late4',
        'all but the one that was written after it had been read',
      )
    })
  })
}
