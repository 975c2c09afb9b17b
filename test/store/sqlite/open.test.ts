/** Opening a store file: what is promised is asserted, and what is wrong is explained in one sentence. */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { openStore } from '../../../server/store/open.ts'
import { migrations, openDatabase } from '../../../server/store/sqlite/schema.ts'
import { openSqlite } from '../../../server/store/sqlite/open.ts'
import { StoreUnusable } from '../../../server/store/errors.ts'
import { temporaryFolder } from '../stores.ts'
import { EVERYTHING, isToken, key, named, put, query, remove, token } from '../writes.ts'

const options = { clock: () => 0 }
const openSqliteAt = (path: string) => openStore({ kind: 'sqlite', path }, options)

describe('store / sqlite / open', () => {
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = await temporaryFolder()
    path = join(folder, 'hub.db')
  })
  afterEach(() => rm(folder, { recursive: true }))

  /** Opening must fail with this sentence (the path written as `X`). */
  const refuses = async (path: string, sentence: RegExp): Promise<void> => {
    await assert.rejects(openSqliteAt(path), (error: unknown) => {
      assert.ok(error instanceof StoreUnusable, String(error))
      assert.match(error.message, sentence)
      assert.doesNotMatch(error.message, /\n/)
      assert.match(error.message, /^[A-Z].*\.$/)
      return true
    })
  }

  it('makes the file and the folders above it', async () => {
    const deep = join(folder, 'a', 'b', 'hub.db')
    const store = await openSqliteAt(deep)
    await store.commit({ writes: [put('Task/a')] })
    await store.close()
    const again = await openSqliteAt(deep)
    assert.equal(named(await again.read(key('Task/a'), EVERYTHING)), 'Task/a#1')
    await again.close()
  })

  it('opens a path with spaces and marks', async () => {
    const store = await openSqliteAt(join(folder, 'my hub?mode=ro&x#y.db'))
    await store.commit({ writes: [put('Task/a')] })
    await store.close()
  })

  it('refuses a second hub on the same file', async () => {
    const store = await openSqliteAt(path)
    await refuses(path, /^The store `.*hub\.db` is in use by another hub\. Stop that one, or/)
    await store.commit({ writes: [put('Task/a')] })
    await store.close()
    await (await openSqliteAt(path)).close()
  })

  it('refuses a store that a newer hub wrote', async () => {
    await (await openSqliteAt(path)).close()
    const steps = migrations().length
    const db = new Database(path)
    db.pragma(`user_version = ${steps + 1}`)
    db.close()
    await refuses(
      path,
      new RegExp(`was written by a newer hub \\(schema \`${steps + 1}\`, this hub knows \`${steps}\`\\)`),
    )
  })

  it('refuses a file that is no database, and leaves it as it is', async () => {
    writeFileSync(path, 'Dear diary, '.repeat(100))
    await refuses(path, /is not a database\./)
    const db = new Database(join(folder, 'other.db'))
    db.exec('CREATE TABLE recipe (name)')
    db.close()
    await refuses(join(folder, 'other.db'), /is a database of some other program\./)
  })

  it('refuses a path that cannot be written', async () => {
    mkdirSync(path)
    await refuses(path, /cannot be written to \(`SQLITE_CANTOPEN/)
    writeFileSync(join(folder, 'file'), '')
    await refuses(join(folder, 'file', 'hub.db'), /cannot be written to \(`(ENOTDIR|SQLITE_CANTOPEN)`\)/)
    await refuses('/proc/hub/hub.db', /cannot be written to \(`E\w+`\)/)
  })

  it('voids the leases of the process that had the file before', async () => {
    const before = openSqlite(path, options)
    await before.commit({ jobs: [{ kind: 'k', key: 'j', due: 0 }] })
    const [lost] = await before.jobs.claim({ kinds: ['k'], now: 0, lease: 1e9, max: 1 })
    await before.close()
    const after = openSqlite(path, options)
    const [job] = await after.jobs.claim({ kinds: ['k'], now: 0, lease: 1e9, max: 1 })
    assert.deepEqual([job?.key, job?.attempts, job!.fence > lost!.fence], ['j', 2, true])
    assert.equal(await after.jobs.settle(lost!, { done: true }), false)
    await after.close()
  })

  it('finds after a restart what was written after a commit that failed half way', async () => {
    const entries = [token('status', 'x', 'urn:s')]
    const store = openSqlite(path, options)
    const bad = put('Novel/2', { body: { big: 1n as never } })
    await assert.rejects(store.commit({ writes: [put('Novel/1', { entries, author: 'new' }), bad] }), TypeError)
    await store.commit({ writes: [put('Other/1', { entries })] })
    await store.close()
    const again = openSqlite(path, options)
    const { versions } = await again.find(query('Other', { where: isToken('status', 'x') }))
    assert.deepEqual(versions.map(named), ['Other/1#1'])
    assert.deepEqual((await again.indexed(key('Other/1')))?.entries, entries)
    await again.close()
  })

  it('goes on after a restart from the cursor of a page', async () => {
    const before = openSqlite(path, options)
    await before.commit({ writes: ['c', 'a', 'b', 'd'].map((id) => put(`Task/${id}`)) })
    await before.commit({ writes: [remove('Task/b')] })
    const all = query('Task', { deleted: true, limit: 2 })
    const { next } = await before.find(all)
    await before.close()
    const after = openSqlite(path, options)
    const { versions } = await after.find({ ...all, after: next! })
    assert.deepEqual(versions.map(named), ['Task/b#2', 'Task/d#1'])
    await after.close()
  })

  it('keeps commits that were waiting when it is closed, and takes none afterwards', async () => {
    const store = openSqlite(path, options)
    const waiting = store.commit({ writes: [put('Task/a')] })
    await Promise.resolve()
    await store.close()
    assert.equal((await waiting).sequence, 1)
    await assert.rejects(store.commit({ writes: [put('Task/b')] }), /The store is closed/)
  })
})

describe('store / sqlite / pragmas', () => {
  it('are what durability needs, on the one connection that writes', async () => {
    const folder = await temporaryFolder()
    const { db, close } = openDatabase(join(folder, 'hub.db'))
    const read = (name: string) => db.pragma(name, { simple: true })
    assert.equal(read('journal_mode'), 'wal')
    assert.equal(read('synchronous'), 2)
    assert.equal(read('locking_mode'), 'normal')
    assert.equal(read('page_size'), 4_096)
    close()
    await rm(folder, { recursive: true })
  })
})
