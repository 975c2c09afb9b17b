/** One process has a store, by whichever path; the lock ends with the process, also when it is killed. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { symlinkSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { openSqlite } from '../../../server/store/sqlite/open.ts'
import { lockProcess } from '../../../server/store/sqlite/process-lock.ts'
import { temporaryFolder } from '../stores.ts'
import { put } from '../writes.ts'

describe('store / sqlite / process lock', function () {
  this.timeout(20_000)
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = await temporaryFolder()
    path = join(folder, 'hub.db')
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('is taken once, and again after it was released', () => {
    const lock = lockProcess(path, 0)
    assert.throws(() => lockProcess(path, 0), { code: 'SQLITE_BUSY' })
    lock.release()
    lockProcess(path, 0).release()
  })

  it('is the same by a symbolic link to the store', async () => {
    const store = openSqlite(path, { clock: () => 0 })
    symlinkSync(path, join(folder, 'link.db'))
    assert.throws(() => lockProcess(join(folder, 'link.db'), 0), { code: 'SQLITE_BUSY' })
    await store.close()
  })

  it('ends with a process that is killed, and holds while it lives', async () => {
    const script = fileURLToPath(new URL('commit-forever.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import=./server/typescript/register.mjs', script, path, '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    assert.throws(() => lockProcess(path, 0), { code: 'SQLITE_BUSY' })
    child.kill('SIGKILL')
    await once(child, 'exit')
    const store = openSqlite(path, { clock: () => 0 })
    await store.commit({ writes: [put('Task/after')] })
    await store.close()
  })

  it('lets other programs read and copy the store beside the hub', async () => {
    const store = openSqlite(path, { clock: () => 0 })
    await store.commit({ writes: [put('Task/a')] })
    const other = new Database(path, { readonly: true })
    assert.deepEqual(other.prepare('SELECT id FROM record').all(), [{ id: 'a' }])
    await other.backup(join(folder, 'copy.db'))
    other.close()
    await store.commit({ writes: [put('Task/b')] })
    await store.close()
    const copy = openSqlite(join(folder, 'copy.db'), { clock: () => 0 })
    assert.equal(await copy.last(), 1)
    await copy.close()
  })
})
