/** What the store says about a query is what it does: the shortest list, the order of an index, a thread for a long read. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openSqlite, type SqliteStore } from '../../../server/store/sqlite/open.ts'
import { temporaryFolder } from '../stores.ts'
import { isToken, put, query, token } from '../writes.ts'

describe('store / sqlite / explain', () => {
  let folder: string
  const stores: SqliteStore[] = []
  const open = (options: { readonly shortRead?: number } = {}): SqliteStore => {
    const store = openSqlite(join(folder, `${stores.length}.db`), { clock: () => 0, ...options })
    stores.push(store)
    return store
  }
  before(async () => {
    folder = await temporaryFolder()
  })
  after(async () => {
    for (const store of stores) await store.close()
    await rm(folder, { recursive: true })
  })

  const day = (index: number) => ({ kind: 'date' as const, param: 'authored', start: index, end: index + 1 })
  const fill = (store: SqliteStore, count: number) =>
    store.commit({
      writes: Array.from({ length: count }, (_, index) =>
        put(`Task/t${index}`, { entries: [token('status', 'x'), token('code', index % 10 ? 'z' : 'y'), day(index)] }),
      ),
    })

  it('reads the shortest of the lists that were counted, and no more than it lists', async () => {
    const store = open()
    await fill(store, 300)
    const where = { op: 'and' as const, of: [isToken('status', 'x'), isToken('code', 'y')] }
    const { reads } = await store.explain(query('Task', { where }))
    assert.deepEqual(reads[0]?.from, { kind: 'list', of: isToken('code', 'y') })
    assert.deepEqual(reads[0].lists, [
      { of: isToken('status', 'x'), records: 100, more: true },
      { of: isToken('code', 'y'), records: 30 },
    ])
    assert.equal(reads[0].read, 30)
    const [none] = (await store.explain(query('Task', { where: isToken('code', 'never') }))).reads
    assert.equal(none?.read, 0)
  })

  it('stops at the end of a page that an index gives in order', async () => {
    const store = open()
    await fill(store, 300)
    const sort = [{ param: 'authored', kind: 'date' as const, descending: true }]
    const { reads } = await store.explain(query('Task', { sort, limit: 5, total: true }))
    assert.deepEqual([reads[0]?.from, (reads[0]?.read ?? 0) < 10], [{ kind: 'order', param: 'authored' }, true])
    assert.deepEqual([reads[1]?.purpose, reads[1]?.from, reads[1]?.read], ['total', { kind: 'every' }, 300])
  })

  it('says where it was read', async () => {
    const short = open({ shortRead: 1_000 })
    await fill(short, 20)
    assert.equal((await short.explain(query('Task'))).thread, false)
    const none = open({ shortRead: -1 })
    await fill(none, 20)
    assert.equal((await none.explain(query('Task'))).thread, true)
  })

  it('says so, too, of the reads of one turn that take longer together', async () => {
    const moment = open({ shortRead: 20 })
    await fill(moment, 300)
    const all = query('Task', { total: true })
    const inOneTurn = await Promise.all(Array.from({ length: 1_000 }, () => moment.explain(all)))
    const threads = inOneTurn.map(({ thread }) => thread)
    assert.deepEqual([threads[0], threads.at(-1)], [false, true])
    assert.equal((await moment.explain(all)).thread, false)
  })
})
