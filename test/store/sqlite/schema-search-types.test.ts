/** A file with an older schema: this hub opens it, finds what was indexed in it, and writes what is new. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Filter, IndexEntry } from '../../../server/search/query.ts'
import { openSqlite } from '../../../server/store/sqlite/open.ts'
import { temporaryFolder } from '../stores.ts'
import { ids, key, put, query } from '../writes.ts'

const FIRST_SCHEMA = new URL('../../../server/store/sqlite/migrations/0001-begin.sql', import.meta.url)

/** One Task, `authored` from 100 to 200, for everyone. */
const ONE_TASK = `
  INSERT INTO word VALUES (2, 'Task'), (3, 'mdes');
  INSERT INTO field VALUES (1, 2, 5, 'authored');
  INSERT INTO commits VALUES (1, 7);
  INSERT INTO record VALUES (1, 2, 'a', 3, ${2 ** 20}, 7, 0, NULL, jsonb('{"1":[[100,200]]}'));
  INSERT INTO version VALUES (${2 ** 20}, 1, 1, 1, 3, '[[1]]', '{"resourceType":"Task","id":"a"}');
  INSERT INTO span VALUES (1, 200, 100, 1);
  INSERT INTO audience VALUES (1, 2, 1, 0, NULL, NULL);`

/** A store file as a hub with the first schema left it. */
function firstStore(path: string): void {
  const db = new Database(path)
  db.exec(readFileSync(FIRST_SCHEMA, 'utf8'))
  db.exec(ONE_TASK)
  db.pragma('user_version = 1')
  db.pragma(`application_id = ${0x4e574431}`)
  db.close()
}

const authored = (start: number, end: number): Filter => ({ op: 'date', param: 'authored', prefix: 'eq', start, end })
const score = (value: number): Filter => ({ op: 'number', param: 'score', prefix: 'ge', low: value, high: value })

describe('store / sqlite / migrations', () => {
  let folder: string
  beforeEach(async () => {
    folder = await temporaryFolder()
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('keep the dates of a store with the first schema, and take numbers', async () => {
    const path = join(folder, 'hub.db')
    firstStore(path)
    const store = openSqlite(path, { clock: () => 9 })
    const find = async (where: Filter) => ids((await store.find(query('Task', { where }))).versions)
    assert.equal(await find(authored(100, 200)), 'a')
    assert.equal(await find(authored(100, 199)), '')

    const entries: IndexEntry[] = [{ kind: 'number', param: 'score', low: 0.5, high: 0.5 }]
    await store.commit({ writes: [put('Task/a', { entries }), put('Task/b', { entries })] })
    assert.equal(await find(authored(100, 200)), '')
    assert.equal(await find(score(0.5)), 'a b')
    assert.deepEqual((await store.indexed(key('Task/a')))?.entries, entries)
    await store.close()
  })
})
