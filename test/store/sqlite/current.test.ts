/** Records that were read are kept in memory: a commit, an audience or a rollback is seen at once nevertheless. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openSqlite } from '../../../server/store/sqlite/open.ts'
import { SENT_TOGETHER } from '../../../server/store/sqlite/writer.ts'
import type { SqliteStore } from '../../../server/store/sqlite/open.ts'
import { temporaryFolder } from '../stores.ts'
import { circle, EVERYTHING, key, named, put, remove } from '../writes.ts'

describe('store / sqlite / current versions', () => {
  let folder: string
  let store: SqliteStore
  beforeEach(async () => {
    folder = await temporaryFolder()
    store = openSqlite(join(folder, 'hub.db'), { clock: () => 0 })
  })
  afterEach(async () => {
    await store.close()
    await rm(folder, { recursive: true })
  })

  const TASK = key('Task/1')
  const seen = async (viewer: Parameters<SqliteStore['read']>[1] = EVERYTHING) => named(await store.read(TASK, viewer))

  it('are read from the file once', async () => {
    await store.commit({ writes: [put('Task/1')] })
    assert.equal(await store.read(TASK, EVERYTHING), await store.read(TASK, EVERYTHING))
  })

  it('are the new ones after a commit, a deletion and a creation', async () => {
    assert.equal(await seen(), undefined)
    await store.commit({ writes: [put('Task/1')] })
    assert.equal(await seen(), 'Task/1#1')
    await store.commit({ writes: [put('Task/1', { body: { status: 'draft' } })] })
    assert.equal(await seen(), 'Task/1#2')
    await store.commit({ writes: [remove('Task/1')] })
    assert.equal((await store.read(TASK, EVERYTHING))?.text, '')
  })

  it('are no older than a history, also before the commit is acknowledged', async () => {
    await store.commit({ writes: [put('Task/1')] })
    assert.equal(await seen(), 'Task/1#1')
    // So many commits are given to the thread at once.
    const others = Array.from({ length: SENT_TOGETHER - 1 }, (_, index) => [put(`Task/other-${index}`)])
    const all = [[put('Task/1', { body: { status: 'draft' } })], ...others]
    const committing = Promise.all(all.map((writes) => store.commit({ writes })))
    let isAcknowledged = false
    void committing.then(() => (isAcknowledged = true))
    // Nothing here leaves a turn to the event loop, which would learn of the commit.
    while ((await store.vread(TASK, 2, EVERYTHING)) === undefined) assert.ok(!isAcknowledged)
    assert.deepEqual([await seen(), isAcknowledged], ['Task/1#2', false])
    await committing
    assert.equal(await seen(), 'Task/1#2')
    assert.equal(await store.read(TASK, EVERYTHING), await store.read(TASK, EVERYTHING))
  })

  it('are open to the audience that the record has now', async () => {
    await store.commit({ writes: [put('Task/1', { audience: [{ agency: 'es' }] })] })
    assert.equal(await seen({ agency: 'es', at: 0 }), 'Task/1#1')
    assert.equal(await seen({ agency: 'vr', at: 0 }), undefined)
    await store.commit({ writes: [circle('Task/1', { agency: 'vr', until: 5 })] })
    assert.equal(await seen({ agency: 'es', at: 0 }), undefined)
    assert.equal(await seen({ agency: 'vr', at: 4 }), 'Task/1#1')
    assert.equal(await seen({ agency: 'vr', at: 5 }), undefined)
  })

  it('are the old ones after a commit that was rolled back', async () => {
    await store.commit({ writes: [put('Task/1')] })
    assert.equal(await seen(), 'Task/1#1')
    store.limitPages(1)
    await assert.rejects(store.commit({ writes: [put('Task/1', { body: { text: 'x'.repeat(1_000_000) } })] }))
    store.limitPages(1_000_000)
    assert.equal(await seen(), 'Task/1#1')
    const [last] = await store.feed(0, 10)
    assert.deepEqual(last?.versions.map(named), ['Task/1#1'])
  })
})
