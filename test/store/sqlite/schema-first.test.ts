/** A store that an older hub wrote opens, keeps all that it held, and goes on. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { SequenceUnavailable } from '../../../server/store/errors.ts'
import { openSqlite } from '../../../server/store/sqlite/open.ts'
import type { SqliteStore } from '../../../server/store/sqlite/open.ts'
import { migrations } from '../../../server/store/sqlite/schema.ts'
import { temporaryFolder } from '../stores.ts'
import { EVERYTHING, ids, isToken, key, named, put, query, token } from '../writes.ts'

const AT = Date.UTC(2026, 10, 24, 5)
const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

/** What a hub of the first schema left at a path: four commits with writes, and one with a job, an event and a cursor. */
function writeOldStore(path: string): void {
  const db = new Database(path)
  db.pragma('page_size = 16384')
  db.pragma('journal_mode = WAL')
  db.exec(text('../../../server/store/sqlite/migrations/0001-begin.sql'))
  db.exec(text('schemas/0001-rows.sql'))
  db.pragma('user_version = 1')
  db.pragma(`application_id = ${0x4e574431}`)
  db.close()
}

describe('store / sqlite / a store of the first schema', () => {
  let folder: string
  let store: SqliteStore
  beforeEach(async () => {
    folder = await temporaryFolder()
    writeOldStore(join(folder, 'hub.db'))
    store = openSqlite(join(folder, 'hub.db'), { clock: () => AT + 9_000 })
  })
  afterEach(async () => {
    await store.close()
    await rm(folder, { recursive: true })
  })

  it('keeps its records, their versions, entries and audiences', async () => {
    assert.equal(named(await store.read(key('Patient/1'), EVERYTHING)), 'Patient/1#1')
    assert.equal(await store.read(key('Patient/1'), { agency: 'abe', at: 9 }), undefined)
    const { versions } = await store.history(key('Task/a'), EVERYTHING, { limit: 9 })
    assert.deepEqual(versions.map(named), ['Task/a#2', 'Task/a#1'])
    assert.deepEqual(versions[1]?.audience, [{ agency: 'abe', from: 3 }])
    assert.deepEqual((await store.indexed(key('Patient/1')))?.entries, [
      token('status', 'x', 'urn:s'),
      { kind: 'string', param: 'name', value: 'muller', exact: 'Müller' },
      { kind: 'date', param: 'birthdate', start: 0, end: 86_400_000 },
    ])
    assert.equal(ids((await store.find(query('Task', { where: isToken('status', 'done') }))).versions), 'a')
    const found = await store.find(query('Task', { where: isToken('status', 'gone'), deleted: true }))
    assert.deepEqual(found.versions.map(named), ['Task/b#2'])
  })

  it('keeps its order, its events, cursors and jobs, and goes on without a gap', async () => {
    const commits = await store.feed(0, 99)
    assert.deepEqual(
      commits.map(({ sequence, versions }) => `${sequence}: ${versions.map(named).join(' ')}`),
      ['1: Patient/1#1', '2: Task/a#1 Task/b#1', '3: Task/a#2', '4: Task/b#2'],
    )
    assert.deepEqual(await store.events('s', { from: 1, limit: 9 }), [
      { stream: 's', number: 1, sequence: 1, type: 'Patient', id: '1', version: 1, at: AT },
    ])
    assert.equal(await store.cursor('matcher'), 1)
    const [job] = await store.jobs.claim({ kinds: ['k'], now: AT, lease: 9, max: 9 })
    assert.deepEqual([job?.key, job?.payload], ['j', { n: 1 }])
    assert.equal(await store.jobs.settle(job!, { done: true }), true)
    assert.equal((await store.commit({ cursors: [{ name: 'matcher', from: 1, to: 4 }] })).sequence, 5)
    assert.equal((await store.commit({ writes: [put('Task/a')] })).sequence, 6)
  })

  it('searches as of the sequences from the migration on, and refuses earlier ones', async () => {
    await store.commit({ writes: [put('Task/a', { entries: [token('status', 'again')] })] })
    const found = await store.find(query('Task', { asOf: 4, where: isToken('status', 'done') }))
    assert.deepEqual(found.versions.map(named), ['Task/a#2'])
    await assert.rejects(store.find(query('Task', { asOf: 3 })), (error: unknown) => {
      assert.ok(error instanceof SequenceUnavailable)
      assert.match(error.message, /as of sequence 3: it can from 4 to 5\.$/)
      return true
    })
  })

  it('has taken every step of the schema', async () => {
    await store.close()
    const db = new Database(join(folder, 'hub.db'))
    assert.equal(db.pragma('user_version', { simple: true }), migrations().length)
    assert.equal(db.pragma('integrity_check', { simple: true }), 'ok')
    db.close()
  })
})
