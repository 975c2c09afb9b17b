/**
 * How long the statements of a connection may take. SQLite runs a statement to its end: so a long one asks, every few
 * rows, whether its time is over, by a function of SQL that throws then.
 * https://sqlite.org/appfunc.html
 */
import type Database from 'better-sqlite3'
import { raw } from './sql.ts'
import type { Sql } from './sql.ts'

/** The time is over; nothing was changed. */
export class OutOfTime extends Error {}

export type TimeLimit = {
  /** @throws OutOfTime */
  check(): void
  /**
   * Does work that reads, and gives it up after so many ms, or when it is to stop.
   * @throws OutOfTime
   */
  within<T>(ms: number, work: () => T, isStopped?: () => boolean): T
}

/** Rows between two looks at the time. */
const ROWS = 16

/** A condition that is true while there is time, on a row given by its number (such as `r.rid`). Every condition that may be tested on many rows has it. */
export const inTime = (number: string): Sql => raw(`((${number} & ${ROWS - 1}) <> 0 OR in_time())`)

const limits = new WeakMap<Database.Database, TimeLimit>()

/** The limit of a connection, without one at first. */
export function timeLimitOf(db: Database.Database): TimeLimit {
  const existing = limits.get(db)
  if (existing !== undefined) return existing
  let end = Infinity
  let stops: (() => boolean) | undefined
  const check = (): void => {
    if (performance.now() > end || stops?.()) throw new OutOfTime('The query takes too long.')
  }
  db.function('in_time', { deterministic: false, directOnly: true }, () => {
    check()
    return 1
  })
  const limit: TimeLimit = {
    check,
    within: (ms, work, isStopped) => {
      end = performance.now() + ms
      stops = isStopped
      try {
        return work()
      } finally {
        end = Infinity
        stops = undefined
      }
    },
  }
  limits.set(db, limit)
  return limit
}
