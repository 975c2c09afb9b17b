/**
 * Group commit: what waits at the same time is done in one transaction and made durable by one fsync. Each piece of work
 * runs under a savepoint of its own, so that a refused one leaves the others alone. https://sqlite.org/lang_savepoint.html
 */
import Database from 'better-sqlite3'
import { StoreFull } from '../store.ts'
import type { Dictionary } from './dictionary.ts'
import type { Statements } from './sql.ts'

export type Group = {
  /** Does the work inside the next transaction; resolves with its result when that is durable. */
  join<T>(work: () => T): Promise<T>
  /** How many transactions were committed, and how many pieces of work in them. */
  readonly counts: { transactions: number; works: number }
  /** Does what is waiting, then refuses everything. */
  close(): void
}

type Item = {
  readonly work: () => unknown
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/** So that the event loop is never held for long. */
const MOST = 500

/** @param settled called after each durable transaction */
export function group(statements: Statements, words: Dictionary, settled: () => void): Group {
  const { db, run } = statements
  const counts = { transactions: 0, works: 0 }
  let waiting: Item[] = []
  let scheduled = false
  let closed = false

  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    // After the requests that are being parsed in this turn of the loop: they join.
    setImmediate(() => {
      scheduled = false
      flush()
    })
  }

  const flush = (): void => {
    const items = waiting.slice(0, MOST)
    waiting = waiting.slice(MOST)
    if (items.length === 0) return
    if (waiting.length > 0) schedule()
    const ends: (() => void)[] = []
    try {
      run('BEGIN IMMEDIATE')
      for (const item of items) ends.push(attempt(item, statements, words))
      run('COMMIT')
    } catch (error) {
      // Nothing of the group is durable, so nothing of it may be acknowledged.
      if (db.inTransaction) run('ROLLBACK')
      words.undone()
      words.kept()
      for (const item of items) item.reject(explained(error))
      return
    }
    words.kept()
    counts.transactions++
    counts.works += items.length
    settled()
    for (const end of ends) end()
  }

  return {
    join: <T>(work: () => T) =>
      new Promise<T>((resolve, reject) => {
        if (closed) return reject(new Error('The store is closed.'))
        waiting.push({ work, resolve: resolve as (result: unknown) => void, reject })
        schedule()
      }),
    counts,
    close: () => {
      closed = true
      while (waiting.length > 0) flush()
    },
  }
}

/** Does one piece of work; answers how to tell its waiter, once the whole is durable. */
function attempt(item: Item, { db, run }: Statements, words: Dictionary): () => void {
  run('SAVEPOINT piece')
  try {
    const result = item.work()
    run('RELEASE piece')
    return () => item.resolve(result)
  } catch (error) {
    // A full disk or a failed write may have undone the transaction, savepoints and all.
    if (isDiskError(error) || !db.inTransaction) throw error
    run('ROLLBACK TO piece')
    run('RELEASE piece')
    words.undone()
    return () => item.reject(error)
  }
}

/** https://sqlite.org/rescode.html: what SQLite says when the medium is full, or a quota is (EDQUOT comes as IOERR). */
const NO_ROOM = ['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_FSYNC']

function isDiskError(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(FULL|IOERR|NOMEM|CORRUPT)/.test(error.code)
}

function explained(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError) || !NO_ROOM.includes(error.code)) return error
  const text = `The store could not be written to (\`${error.code}\`); nothing was changed. Make room where it lies.`
  return new StoreFull(text, { cause: error })
}
