/**
 * Group commit: what waits at the same time is done in one transaction and made durable by one fsync.
 * https://sqlite.org/lang_transaction.html
 */
import Database from 'better-sqlite3'
import { CommitConflict, StoreFull } from '../store.ts'
import type { Statements } from './sql.ts'

export type GroupCommit = {
  /**
   * Does the work inside the next transaction; resolves with its result when that is durable. The work is synchronous,
   * may be done again after a rollback, and throws a CommitConflict, if any, before it writes.
   */
  join<T>(work: () => T): Promise<T>
  /** How many transactions were committed. */
  readonly counts: { transactions: number }
  /** Does what is waiting, then refuses everything. */
  close(): void
}

type QueuedWork = {
  readonly work: () => unknown
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * A transaction takes so many works at once, and more of them for so long (ms): so that the event loop is never held for
 * long, and the first of a group does not wait for many.
 */
const AT_ONCE = 64
const LONGEST = 20

/** What is kept in memory of what a transaction wrote. */
export type CommitMemory = {
  committed(): void
  rolledBack(): void
}

/** @param onDurable called after each durable transaction */
export function groupCommit(statements: Statements, memory: CommitMemory, onDurable: () => void): GroupCommit {
  const counts = { transactions: 0 }
  let waiting: QueuedWork[] = []
  let scheduled = false
  let closed = false

  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      flush()
    })
  }

  const flush = (): void => {
    const items = waiting
    waiting = []
    if (items.length > 0) waiting = [...together(items), ...waiting]
    if (waiting.length > 0) schedule()
  }

  /** Answers what is left for the next transaction. */
  const together = (items: readonly QueuedWork[]): readonly QueuedWork[] => {
    const outcome = transact(items, statements, memory)
    if ('answers' in outcome) {
      counts.transactions++
      onDurable()
      for (const answer of outcome.answers) answer()
      return items.slice(outcome.answers.length)
    }
    if (items.length > 1 && !isDiskError(outcome.fault)) {
      // One of them is at fault: each is done alone, so that the others are done.
      for (const item of items) together([item])
    } else {
      for (const item of items) item.reject(explained(outcome.fault))
    }
    return []
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

type TransactionOutcome = { readonly answers: readonly (() => void)[] } | { readonly fault: unknown }

/**
 * The first items in one transaction, as many as there is time for: how to answer each once it is durable, or the fault
 * for which nothing was done.
 */
function transact(items: readonly QueuedWork[], { db, run }: Statements, memory: CommitMemory): TransactionOutcome {
  try {
    run('BEGIN IMMEDIATE')
    const answers: (() => void)[] = []
    const end = performance.now() + LONGEST
    for (const item of items) {
      answers.push(attempt(item))
      if (answers.length >= AT_ONCE && performance.now() > end) break
    }
    run('COMMIT')
    memory.committed()
    return { answers }
  } catch (fault) {
    // A full disk may have ended the transaction already.
    if (db.inTransaction) run('ROLLBACK')
    memory.rolledBack()
    return { fault }
  }
}

function attempt({ work, resolve, reject }: QueuedWork): () => void {
  try {
    const result = work()
    return () => resolve(result)
  } catch (error) {
    // Thrown before anything was written, so there is nothing to undo.
    if (error instanceof CommitConflict) return () => reject(error)
    throw error
  }
}

/** https://sqlite.org/rescode.html: the codes for a medium or a quota that is full (EDQUOT comes as IOERR). */
const NO_ROOM = ['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_FSYNC']

function isDiskError(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(FULL|IOERR|NOMEM|CORRUPT)/.test(error.code)
}

function explained(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError) || !NO_ROOM.includes(error.code)) return error
  const text = `The store could not be written to (\`${error.code}\`); nothing was changed. Make room where it lies.`
  return new StoreFull(text, { cause: error })
}
