/**
 * One process has a store: a lock on a file beside it, which ends with the process however it ends. The file of the store
 * itself takes no such lock, so that threads of the process read it, each by a connection of its own.
 * https://sqlite.org/lockingv3.html
 */
import { realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import Database from 'better-sqlite3'

export type ProcessLock = {
  release(): void
}

/**
 * @param path of the store
 * @param patience how long to wait for another process to let go (ms)
 * @throws SqliteError SQLITE_BUSY when another process has it, or this one already
 */
export function lockProcess(path: string, patience: number): ProcessLock {
  const db = new Database(`${realPath(path)}-lock`, { timeout: patience })
  try {
    // Nothing is ever written to it, so that it needs no journal and leaves nothing to recover.
    db.pragma('journal_mode = MEMORY')
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    throw error
  }
  return { release: () => db.close() }
}

/** Links to one file are one store. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return join(realpathSync(dirname(path)), basename(path))
  }
}
