/**
 * Opens the file of a store: the promises that SQLite must keep, checked after they were set, and the schema.
 * https://sqlite.org/pragma.html, https://sqlite.org/wal.html
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { StoreUnusable } from '../errors.ts'
import { lockProcess, type ProcessLock } from './process-lock.ts'
import { timeLimitOf } from './time-limit.ts'
import { registerMeets } from './search-types/meets.ts'

/** "NWD1": the application_id by which a file of the hub is recognized. */
const OURS = 0x4e574431

/** How long a second hub waits for the first to let go, as when one is restarted (ms). */
const PATIENCE = 1_000

/**
 * - page_size: a commit writes whole pages, and a record is in some seventy: small ones are written in less time.
 * - locking_mode: threads of this process read beside the one connection that writes; process-lock.ts refuses any other.
 * - synchronous=FULL: every commit is fsynced. better-sqlite3 is built to leave that out in WAL mode.
 * - fullfsync: macOS reaches the medium only so.
 * - wal_autocheckpoint: 256 MB of log. Commits write the same pages again and again, and a checkpoint copies each once.
 */
const PRAGMAS = [
  { set: 'page_size = 4096' },
  { set: 'locking_mode = NORMAL', name: 'locking_mode', is: 'normal' },
  { set: 'journal_mode = WAL', name: 'journal_mode', is: 'wal' },
  { set: 'synchronous = FULL', name: 'synchronous', is: 2 },
  { set: 'fullfsync = ON', name: 'fullfsync', is: 1 },
  { set: 'checkpoint_fullfsync = ON', name: 'checkpoint_fullfsync', is: 1 },
  { set: 'wal_autocheckpoint = 64000', name: 'wal_autocheckpoint', is: 64_000 },
  { set: 'journal_size_limit = 536870912', name: 'journal_size_limit', is: 536_870_912 },
  { set: 'cache_size = -65536', name: 'cache_size', is: -65_536 },
  { set: 'temp_store = MEMORY', name: 'temp_store', is: 2 },
] as const

/**
 * Opens the database at a path, making it and its folder where there is none, for this process alone until it is closed.
 * @throws StoreUnusable with a sentence that says what to do
 */
export function openDatabase(path: string): { readonly db: Database.Database; close(): void } {
  let lock: ProcessLock | undefined
  let db: Database.Database | undefined
  const close = (): void => {
    db?.close()
    lock?.release()
  }
  try {
    makeFolder(dirname(resolve(path)))
    lock = lockProcess(resolve(path), PATIENCE)
    db = new Database(path, { timeout: PATIENCE })
    registerMeets(db)
    prepare(db, path)
    timeLimitOf(db)
    return { db, close }
  } catch (error) {
    close()
    throw error instanceof StoreUnusable ? error : new StoreUnusable(sentence(error, path), error)
  }
}

/** Opens a connection that writes, beside the one of openDatabase: for another thread of the same process. */
export function openToWrite(path: string): Database.Database {
  const db = new Database(path, { fileMustExist: true, timeout: PATIENCE })
  registerMeets(db)
  keepPromises(db, path)
  timeLimitOf(db)
  return db
}

/** The same for one that only reads. */
export function openToRead(path: string): Database.Database {
  const db = new Database(path, { readonly: true, fileMustExist: true, timeout: PATIENCE })
  for (const set of ['query_only = ON', 'cache_size = -65536', 'temp_store = MEMORY']) db.pragma(set)
  registerMeets(db)
  timeLimitOf(db)
  return db
}

/** Step by step: mkdirSync with `recursive` never returns where a folder cannot be made for good (/proc/x/y). */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  mkdirSync(path)
}

function prepare(db: Database.Database, path: string): void {
  keepPromises(db, path)
  // A hub from before the lock of process-lock.ts has the file for itself: the first write finds out.
  db.exec('BEGIN IMMEDIATE')
  migrate(db, path)
  db.exec('COMMIT')
}

/** Most of these settings are those of one connection. */
function keepPromises(db: Database.Database, path: string): void {
  for (const { set } of PRAGMAS) db.pragma(set)
  for (const pragma of PRAGMAS) if ('name' in pragma) insist(db, path, pragma.name, pragma.is)
}

function insist(db: Database.Database, path: string, name: string, is: string | number): void {
  const found = db.pragma(name, { simple: true })
  if (found === is) return
  throw new StoreUnusable(
    `The store \`${path}\` does not keep its promises here: \`${name}\` is \`${String(found)}\` and must be \`${is}\`. Put it on a local disk.`,
  )
}

const FOLDER = new URL('./migrations/', import.meta.url)

/** The steps of the schema, in order: `user_version` counts how many a file has taken. */
export const migrations = (): readonly string[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.sql'))
    .sort()

function migrate(db: Database.Database, path: string): void {
  const steps = migrations()
  const version = Number(db.pragma('user_version', { simple: true }))
  const tables = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number }
  const id = Number(db.pragma('application_id', { simple: true }))
  if (id !== OURS && (tables.n > 0 || version > 0)) {
    throw new StoreUnusable(`The file \`${path}\` is a database of some other program. Give HUB_STORE another path.`)
  }
  if (version > steps.length) {
    throw new StoreUnusable(
      `The store \`${path}\` was written by a newer hub (schema \`${version}\`, this hub knows \`${steps.length}\`). Start that newer hub, or give HUB_STORE another path.`,
    )
  }
  for (const step of steps.slice(version)) db.exec(readFileSync(new URL(step, FOLDER), 'utf8'))
  if (version === steps.length) return
  db.pragma(`user_version = ${steps.length}`)
  db.pragma(`application_id = ${OURS}`)
}

/** What the driver and the file system say, and what to do about it. */
const SENTENCES: readonly (readonly [code: RegExp, text: (path: string, code: string) => string])[] = [
  [
    /^SQLITE_(BUSY|LOCKED)/,
    (path) => `The store \`${path}\` is in use by another hub. Stop that one, or give HUB_STORE another path.`,
  ],
  [
    /^SQLITE_NOTADB/,
    (path) => `The file \`${path}\` is not a database. Give HUB_STORE another path, or move the file away.`,
  ],
  [
    /^SQLITE_CORRUPT/,
    (path) => `The store \`${path}\` is damaged. Restore it from a backup, or give HUB_STORE another path.`,
  ],
  [
    /^ERR_DLOPEN_FAILED/,
    () =>
      'SQLite was compiled for another Node than this one. Remove the folder node_modules and start again: it is then compiled anew.',
  ],
  [
    /^(SQLITE_(CANTOPEN|READONLY|PERM|AUTH)|E)/,
    (path, code) =>
      `The store \`${path}\` cannot be written to (\`${code}\`). Give HUB_STORE a path in a folder that the hub may write to.`,
  ],
  [
    /^SQLITE_FULL/,
    (path) => `There is no room for the store \`${path}\`. Make room where it lies, or give HUB_STORE another path.`,
  ],
]

function sentence(error: unknown, path: string): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const found = SENTENCES.find(([pattern]) => pattern.test(code))
  if (found) return found[1](path, code)
  const text = error instanceof Error ? error.message : String(error)
  return `The store \`${path}\` cannot be opened (${text}). Give HUB_STORE another path.`
}
