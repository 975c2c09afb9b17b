/** The store in one SQLite file, for one hub process. store/store.ts says what it must do. */
import { allOf } from '../all.ts'
import { checkWork } from '../check-work.ts'
import type { Committed, Store, StoreStats, Work } from '../store.ts'
import { watch } from '../watch.ts'
import { currentVersions } from './current.ts'
import { createTerms } from './terms.ts'
import { eventCount, events } from './events.ts'
import { voidLeases } from './job-writes.ts'
import { jobs } from './jobs.ts'
import { createLogTail } from './log-tail.ts'
import { createReaders, type Readers } from './readers.ts'
import { createLongReads } from './short-or-long.ts'
import { committedWork, prepareWork } from './prepared-work.ts'
import { openDatabase } from './schema.ts'
import { history } from './history.ts'
import { cursorValue, feed, firstAt, indexed, lastCommit, vread } from './read.ts'
import { statements as prepared, type Statements } from './sql.ts'
import { createWriter } from './writer.ts'

export type SqliteStore = Store & {
  /** At most this many pages: a full disk, for tests. https://sqlite.org/pragma.html#pragma_max_page_count */
  limitPages(pages: number): void
}

type OpenOptions = {
  readonly clock: () => number
  /** The longest that one read may take, in ms. */
  readonly queryLimit?: number
  /** How long a read is tried on the event loop, in ms; one that needs longer is done by a thread. */
  readonly shortRead?: number
}

const QUERY_LIMIT = 30_000
const SHORT_READ = 10

/**
 * @param path of the file; made, with its folder, where there is none
 * @throws StoreUnusable
 */
export function openSqlite(path: string, options: OpenOptions): SqliteStore {
  const { clock, queryLimit = QUERY_LIMIT, shortRead = SHORT_READ } = options
  const { db, close } = openDatabase(path)
  const statements = prepared(db)
  voidLeases(statements)
  // From here on the thread writes, and this connection reads. What is in memory changes with the answer of the thread.
  db.pragma('query_only = ON')
  const terms = createTerms(statements)
  const context = { statements, terms }
  const longReads = createLongReads(context, shortRead, createReaders({ path, timeLimit: queryLimit }))
  const writer = createWriter(path, terms.refresh)
  let commits = 0
  let last = lastCommit(statements).sequence
  const watchers = watch(() => last)
  const current = currentVersions(context)
  const tail = createLogTail()

  const queue = jobs(statements, writer, clock)

  const commit = async (work: Work): Promise<Committed> => {
    checkWork(work)
    const preparing = prepareWork(work, clock())
    const prepared = preparing instanceof Promise ? await preparing : preparing
    const done = committedWork(prepared, await current.written(prepared.writes, () => writer.write('commit', prepared)))
    if ((work.jobs ?? []).length > 0) queue.enqueued()
    tail.add(done)
    last = done.sequence
    commits += 1
    watchers.look()
    return done
  }

  const store: SqliteStore = {
    commit,
    read: async (key, viewer) => current.read(key, viewer),
    readMany: async (keys, viewer) => keys.map((key) => current.read(key, viewer)),
    vread: async (key, version, viewer) => vread(key, version, viewer, context),
    history: (scope, viewer, page) => history(scope, viewer, page, context),
    ...searches(longReads),
    all: (query) => allOf(query, store),
    indexed: async (key) => indexed(key, context),
    feed: async (after, limit) => tail.after(after, limit) ?? feed(after, limit, last, context),
    last: async () => last,
    seen: () => last,
    lastAt: async (instant) => firstAt(instant + 1, statements) - 1,
    changed: watchers.changed,
    cursor: async (name) => cursorValue(name, statements),
    events: async (stream, range) => events(stream, range, statements),
    eventCount: async (stream) => eventCount(stream, statements),
    jobs: queue,
    stats: async () => ({ commits, groups: writer.transactions(), ...sizeOf(statements) }),
    close: async () => {
      await writer.close()
      watchers.close()
      await endReaders(longReads)
      close()
    },
    limitPages: writer.limitPages,
  }
  return store
}

const searches = ({ read }: Readers): Pick<Store, 'find' | 'explain'> => ({
  find: (query, signal) => read('find', query, signal),
  explain: (query, signal) => read('explain', query, signal),
})

/** Before the last connection ends: only one that may write can leave the file without a log beside it. */
const endReaders = (readers: { end(): Promise<void> }): Promise<void> => readers.end()

function sizeOf({ db, get }: Statements): Pick<StoreStats, 'records' | 'bytes'> {
  const pragma = (name: string): number => Number(db.pragma(name, { simple: true }))
  return {
    // No record is ever removed, so that the last number is how many there are.
    records: get<{ last: number | null }>('SELECT max(rid) AS last FROM record')!.last ?? 0,
    bytes: pragma('page_count') * pragma('page_size'),
  }
}
