/**
 * Group commit: what waits at the same time is done in one transaction and made durable by one fsync.
 * https://sqlite.org/lang_transaction.html
 */
import Database from 'better-sqlite3'
import { CommitConflict, StoreFull } from '../errors.ts'
import type { Statements } from './sql.ts'

/**
 * What is to be done inside a transaction: synchronous, perhaps again after a rollback; throws a CommitConflict, if any,
 * before it writes.
 */
export type QueuedWork = { readonly id: number; readonly work: () => unknown }

/** What became of a work: its result, which is durable, or why nothing was done. */
export type Outcome = { readonly id: number } & ({ readonly result: unknown } | { readonly error: unknown })

/**
 * A transaction takes so many works at once, and more of them for so long (ms): so that the first of a group does not wait
 * for many.
 */
const AT_ONCE = 64
const LONGEST = 20

/** What is kept in memory of what a transaction wrote. */
export type CommitMemory = {
  committed(): void
  rolledBack(): void
}

/** `durable`: the outcomes are those of a transaction that was committed. */
export type Settle = (outcomes: readonly Outcome[], durable: boolean) => void

/** Does works in as few transactions as they need, and settles those of each when it ends. */
export function commitTogether(
  works: readonly QueuedWork[],
  statements: Statements,
  memory: CommitMemory,
  settle: Settle,
): void {
  for (let rest = works; rest.length > 0;) {
    const outcome = transact(rest, statements, memory)
    if ('outcomes' in outcome) {
      settle(outcome.outcomes, true)
      rest = rest.slice(outcome.outcomes.length)
    } else if (rest.length > 1 && !isDiskError(outcome.fault)) {
      // One of them is at fault: each is done alone, so that the others are done.
      for (const one of rest) commitTogether([one], statements, memory, settle)
      rest = []
    } else {
      const error = explained(outcome.fault)
      settle(
        rest.map(({ id }) => ({ id, error })),
        false,
      )
      rest = []
    }
  }
}

type TransactionOutcome = { readonly outcomes: readonly Outcome[] } | { readonly fault: unknown }

/** The first items in one transaction, as many as there is time for, or the fault for which nothing was done. */
function transact(items: readonly QueuedWork[], { db, run }: Statements, memory: CommitMemory): TransactionOutcome {
  try {
    run('BEGIN IMMEDIATE')
    const outcomes: Outcome[] = []
    const end = performance.now() + LONGEST
    for (const item of items) {
      outcomes.push(attempt(item))
      if (outcomes.length >= AT_ONCE && performance.now() > end) break
    }
    run('COMMIT')
    memory.committed()
    return { outcomes }
  } catch (fault) {
    // A full disk may have ended the transaction already.
    if (db.inTransaction) run('ROLLBACK')
    memory.rolledBack()
    return { fault }
  }
}

function attempt({ id, work }: QueuedWork): Outcome {
  try {
    return { id, result: work() }
  } catch (error) {
    // Thrown before anything was written, so there is nothing to undo.
    if (error instanceof CommitConflict) return { id, error }
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
