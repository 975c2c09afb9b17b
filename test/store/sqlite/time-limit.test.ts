import assert from 'node:assert/strict'
import Database from 'better-sqlite3'
import { OutOfTime, timeLimitOf } from '../../../server/store/sqlite/time-limit.ts'

/** Never ends by itself. */
const ENDLESS = `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE in_time()) SELECT count(*) FROM n`

describe('store / sqlite / time limit', () => {
  const db = new Database(':memory:')
  const limit = timeLimitOf(db)
  after(() => db.close())

  it('gives up a statement after its time, or when it is to stop, and is without a limit afterwards', () => {
    const endless = () => db.prepare(ENDLESS).get()
    assert.throws(() => limit.within(1, endless), OutOfTime)
    let asked = 0
    assert.throws(() => limit.within(60_000, endless, () => ++asked > 100), OutOfTime)
    assert.equal(asked, 101)
    assert.deepEqual(db.prepare('SELECT in_time() AS time').get(), { time: 1 })
  })
})
