/** A full disk: writes are refused as StoreFull and change nothing, reads go on, and so do writes once there is room. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openDatabase } from '../../../server/store/sqlite/schema.ts'
import { openSqlite } from '../../../server/store/sqlite/open.ts'
import type { SqliteStore } from '../../../server/store/sqlite/open.ts'
import { StoreFull } from '../../../server/store/errors.ts'
import type { Committed, Version } from '../../../server/store/store.ts'
import { temporaryFolder } from '../stores.ts'
import { EVERYTHING, key, put, query, token } from '../writes.ts'

const PADDING = 'x'.repeat(20_000)
const big = (id: string) => ({
  writes: [
    put(`Task/${id}`, { body: { text: PADDING }, entries: [token('tag', id, `urn:${id}`)], author: `by-${id}` }),
  ],
  jobs: [{ kind: 'k', key: id, due: 0 }],
})

describe('store / sqlite / full disk', () => {
  let folder: string
  beforeEach(async () => {
    folder = await temporaryFolder()
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('refuses writes while there is no page left, and takes them again afterwards', async () => {
    const path = join(folder, 'hub.db')
    const store = openSqlite(path, { clock: () => 0 })
    await store.commit(big('before'))
    store.limitPages(Math.ceil((await store.stats()).bytes / 4_096) + 120)
    await fillAndRecover(store, () => store.limitPages(1_000_000))
    await store.close()
    intact(path)
  })

  it('does the same on a file system that is full', async function () {
    this.timeout(20_000)
    const disk = join(folder, 'disk')
    if (!mountSmall(disk)) {
      console.log('      skipped: a small file system cannot be mounted here')
      return this.skip()
    }
    const path = join(disk, 'hub.db')
    const ballast = join(disk, 'ballast')
    const store = openSqlite(path, { clock: () => 0 })
    try {
      await store.commit(big('before'))
      writeFileSync(ballast, Buffer.alloc(3 << 20))
      await fillAndRecover(store, () => rmSync(ballast))
      await store.close()
      intact(path)
    } finally {
      await store.close()
      execFileSync('umount', [disk])
    }
  })
})

/** Writes until it is full, in groups; looks; makes room; writes again. */
async function fillAndRecover(store: SqliteStore, makeRoom: () => void): Promise<void> {
  const done = new Map<string, Version>()
  let refused = 0
  for (let group = 0; refused === 0 && group < 200; group++) {
    const names = Array.from({ length: 5 }, (_, index) => `${group}-${index}`)
    const ends = await Promise.allSettled(names.map((id) => store.commit(big(id))))
    for (const [index, end] of ends.entries()) {
      if (end.status === 'fulfilled') done.set(names[index]!, end.value.versions[0]!)
      else {
        refused++
        assert.ok(end.reason instanceof StoreFull, String(end.reason))
        assert.match(end.reason.message, /nothing was changed\. Make room/)
      }
    }
  }
  assert.ok(refused > 0 && done.size > 0, `${refused} refused, ${done.size} done`)
  // A refused group may leave room for one of its commits.
  for (let single = 0; single < 20; single++) {
    const end = await store.commit(big(`single-${single}`)).catch((error: unknown) => error)
    if (end instanceof StoreFull) break
    done.set(`single-${single}`, (end as Committed).versions[0]!)
  }

  const check = async () => {
    assert.equal(await store.last(), done.size + 1)
    for (const [id, version] of done) assert.deepEqual(await store.read(key(`Task/${id}`), EVERYTHING), version)
    const { total } = await store.find(query('Task', { limit: 0, total: true }))
    assert.equal(total, done.size + 1)
    assert.equal((await store.jobs.list({ kinds: ['k'], limit: Infinity })).jobs.length, done.size + 1)
  }
  await check()
  await assert.rejects(store.commit(big('still-full')), StoreFull)
  await check()

  makeRoom()
  const names = Array.from({ length: 5 }, (_, index) => `after-${index}`)
  for (const id of names) done.set(id, (await store.commit(big(id))).versions[0]!)
  await check()
  const { versions } = await store.find(
    query('Task', { where: { op: 'token', param: 'tag', system: 'urn:after-1', code: 'after-1' } }),
  )
  assert.deepEqual(versions, [done.get('after-1')])
}

function intact(path: string): void {
  const { db, close } = openDatabase(path)
  assert.equal(db.pragma('integrity_check', { simple: true }), 'ok')
  close()
}

/** A file system of 6 MB in memory, where one may be mounted. */
function mountSmall(at: string): boolean {
  try {
    execFileSync('mkdir', [at])
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', at], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
