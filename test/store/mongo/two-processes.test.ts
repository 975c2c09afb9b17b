/** Several stores over one database, as several hubs have them: one order, one winner, each job once. */
import assert from 'node:assert/strict'
import { CommitConflict } from '../../../server/store/errors.ts'
import { openStore } from '../../../server/store/open.ts'
import type { Commit, Store } from '../../../server/store/store.ts'
import { freshDatabase, needsMongo, type Database } from '../mongo-server.ts'
import { EVERYTHING, put } from '../writes.ts'

const STORES = 3

describe('store / mongo / several processes', function () {
  this.timeout(120_000)
  needsMongo()
  let database: Database
  let stores: readonly Store[]
  beforeEach(async () => {
    database = await freshDatabase()
    const open = () => openStore({ kind: 'mongodb', url: database.url }, { clock: Date.now })
    stores = await Promise.all(Array.from({ length: STORES }, open))
  })
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()))
    await database.drop()
  })

  const feedOf = async (store: Store): Promise<readonly Commit[]> => {
    const commits: Commit[] = []
    for (;;) {
      const more = await store.feed(commits.length, 7)
      if (more.length === 0) return commits
      commits.push(...more)
    }
  }

  it('make one order without gaps, which each of them feeds whole', async () => {
    const acknowledged = new Set<number>()
    await Promise.all(
      stores.map(async (store, one) => {
        for (let turn = 0; turn < 15; turn += 1) {
          const done = await Promise.all([
            store.commit({ writes: [put(`Task/${one}-${turn}`)] }),
            store.commit({ writes: [put(`Goal/${one}-${turn}`)] }),
          ])
          for (const { sequence } of done) {
            assert.ok(!acknowledged.has(sequence), `two commits of sequence ${sequence}`)
            acknowledged.add(sequence)
          }
        }
      }),
    )
    const feeds = await Promise.all(stores.map(feedOf))
    assert.deepEqual(
      feeds[0]!.map(({ sequence }) => sequence),
      Array.from({ length: STORES * 30 }, (_, index) => index + 1),
    )
    for (const feed of feeds) assert.deepEqual(feed, feeds[0])
    assert.deepEqual(new Set(feeds[0]!.map(({ sequence }) => sequence)), acknowledged)
  })

  it('let one writer of each version win, and tell the others which version is current', async () => {
    await stores[0]!.commit({ writes: [put('Task/a')] })
    for (let version = 1; version <= 10; version += 1) {
      const expect = { version: [version] }
      const results = await Promise.allSettled(
        [...stores, ...stores].map((store) => store.commit({ writes: [put('Task/a', { expect })] })),
      )
      const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
      assert.equal(refused.length, 2 * STORES - 1)
      for (const reason of refused) {
        assert.ok(reason instanceof CommitConflict, String(reason))
        assert.equal(reason.current, version + 1)
      }
    }
  })

  it('let one of several creations with a condition win', async () => {
    for (let turn = 0; turn < 10; turn += 1) {
      const none = {
        type: 'Task',
        where: { op: 'id', ids: [`${turn}`, `${turn}-x`] },
        viewer: EVERYTHING,
        limit: 1,
      } as const
      const results = await Promise.allSettled(
        stores.map((store, one) =>
          store.commit({ writes: [put(`Task/${turn}${one === 0 ? '' : '-x'}`)], guards: [{ none }] }),
        ),
      )
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    }
  })

  it('number the events of a stream without gaps, each change once', async () => {
    const { sequence } = await stores[0]!.commit({ writes: [put('Task/a')] })
    const event = (id: string) => ({ stream: 's', sequence, type: 'Task', id, version: 1 })
    await Promise.all(
      stores.flatMap((store) => ['a', 'b', 'c', 'd'].map((id) => store.commit({ events: [event(id)] }))),
    )
    for (const store of stores) {
      const events = await store.events('s', { from: 1, limit: 100 })
      assert.deepEqual(
        events.map(({ number }) => number),
        [1, 2, 3, 4],
      )
      assert.deepEqual(events.map(({ id }) => id).sort(), ['a', 'b', 'c', 'd'])
    }
  })

  it('move a cursor once', async () => {
    for (let from = 0; from < 10; from += 1) {
      const results = await Promise.allSettled(
        stores.map((store) => store.commit({ cursors: [{ name: 'reader', from, to: from + 1 }] })),
      )
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
      for (const store of stores) assert.equal(await store.cursor('reader'), from + 1)
    }
  })

  it('wake those who wait for a commit, whoever makes it', async () => {
    const [one, other] = stores as [Store, Store]
    const after = await other.last()
    const woken = other.changed(after)
    await one.commit({ writes: [put('Task/a')] })
    await woken
    assert.ok(other.seen() > after)
  })
})
