/** Counts the rows that a statement tests, by a function of SQL that is called for each. https://sqlite.org/appfunc.html */
import type Database from 'better-sqlite3'
import { raw } from './sql.ts'
import type { Sql } from './sql.ts'

export type RowCounter = {
  /** True, and counted each time that it is evaluated. */
  readonly probe: Sql
  /** How many rows were counted while this work was done. */
  during(work: () => unknown): number
}

const counters = new WeakMap<Database.Database, RowCounter>()

/** The counter of a connection. */
export function rowCounterOf(db: Database.Database): RowCounter {
  const existing = counters.get(db)
  if (existing !== undefined) return existing
  let rows = 0
  db.function('count_row', { deterministic: false, directOnly: true }, () => {
    rows += 1
    return 1
  })
  const counter: RowCounter = {
    probe: raw('count_row()'),
    during(work) {
      rows = 0
      work()
      return rows
    },
  }
  counters.set(db, counter)
  return counter
}
