/** Commits that wait at the same time share one transaction and one fsync; a commit is never acknowledged without one. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openSqlite } from '../../../server/store/sqlite/open.ts'
import { temporaryFolder } from '../stores.ts'
import { named, put, query } from '../writes.ts'
import { compileWatcher, watched, WHY_NOT } from './fsync.ts'

describe('store / sqlite / group commit', function () {
  this.timeout(30_000)
  let folder: string
  beforeEach(async () => {
    folder = await temporaryFolder()
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('does 64 creations at the same time in far fewer than 64 transactions', async () => {
    const store = openSqlite(join(folder, 'hub.db'), { clock: () => 0 })
    const works = Array.from({ length: 64 }, (_, index) => ({ writes: [put(`Task/${index}`, { method: 'POST' })] }))
    await Promise.all(works.map((work) => store.commit(work)))
    const { groups, commits, records } = await store.stats()
    assert.deepEqual({ commits, records }, { commits: 64, records: 64 })
    // They are sent in fours, and a transaction takes all that came while the last one was written.
    assert.ok(groups <= 16, `${groups} transactions`)
    await store.close()
  })

  it('commits all of many at the same time, in the order in which they came', async () => {
    const store = openSqlite(join(folder, 'hub.db'), { clock: () => 0 })
    const works = Array.from({ length: 1_000 }, (_, index) => ({
      writes: [put(`Task/${index}`, { body: { text: 'x'.repeat(2_000) } })],
    }))
    const done = await Promise.all(works.map((work) => store.commit(work)))
    assert.deepEqual(
      done.map(({ sequence }) => sequence),
      works.map((_, index) => index + 1),
    )
    await store.close()
  })

  it('syncs the disk once for each transaction, not once for each commit', async function () {
    const library = await compileWatcher(folder)
    if (library === undefined) {
      console.log(`      skipped: ${WHY_NOT}`)
      return this.skip()
    }
    const syncs = async (width: number, rounds: number) => {
      const args = [join(folder, `${width}-${rounds}.db`), String(width), String(rounds)]
      const { printed, fsyncs } = await watched<{ groups: number }>(library, 'commit-many.ts', args)
      return { groups: printed.groups, fsyncs }
    }
    // The first commit of a connection also syncs the folder in which the log lies.
    const one = await syncs(1, 1)
    const alone = await syncs(1, 21)
    const many = await syncs(64, 1)
    assert.equal(alone.fsyncs - one.fsyncs, 20, '20 more commits one after another')
    assert.equal(many.groups, 1)
    assert.equal(many.fsyncs, one.fsyncs, '64 commits at the same time')
  })

  it('acknowledges nothing that could not be synced, and goes on when it can be', async function () {
    const library = await compileWatcher(folder)
    if (library === undefined) {
      console.log(`      skipped: ${WHY_NOT}`)
      return this.skip()
    }
    const path = join(folder, 'hub.db')
    const { printed } = await watched(library, 'commit-unsynced.ts', [path])
    assert.deepEqual(printed, {
      before: ['done'],
      during: ['StoreFull', 'StoreFull', 'StoreFull'],
      seen: [true, false, false, false],
      after: ['done', 'done'],
      last: 3,
    })
    const store = openSqlite(path, { clock: () => 0 })
    const { versions } = await store.find(query('Task'))
    assert.deepEqual(versions.map(named), ['Task/before#1', 'Task/after#1', 'Task/b#1'])
    await store.close()
  })
})
