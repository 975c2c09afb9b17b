/** The store in one SQLite file, for one hub process. store/store.ts says what it must do. */
import { allOf } from '../all.ts'
import { checkWork, keyOf } from '../check-work.ts'
import type { Committed, Store, Work } from '../store.ts'
import { watch } from '../watch.ts'
import { apply } from './commit.ts'
import { currentVersions } from './current.ts'
import { createTerms } from './terms.ts'
import { eventCount, events } from './events.ts'
import { groupCommit } from './group-commit.ts'
import { jobs, voidLeases } from './jobs.ts'
import { createLogTail } from './log-tail.ts'
import { openDatabase } from './schema.ts'
import { history } from './history.ts'
import { cursorValue, feed, indexed, lastCommit, vread } from './read.ts'
import { find } from './search.ts'
import { statements as prepared } from './sql.ts'

export type SqliteStore = Store & {
  /** At most this many pages: a full disk, for tests. https://sqlite.org/pragma.html#pragma_max_page_count */
  limitPages(pages: number): void
}

/**
 * @param path of the file; made, with its folder, where there is none
 * @throws StoreUnusable
 */
export function openSqlite(path: string, { clock }: { clock: () => number }): SqliteStore {
  const statements = prepared(openDatabase(path))
  const terms = createTerms(statements)
  const context = { statements, terms, clock }
  const { db, get } = statements
  const watchers = watch(() => lastCommit(statements).sequence)
  const current = currentVersions(context)
  const tail = createLogTail()
  const rolledBack = (): void => {
    terms.rolledBack()
    tail.clear()
  }
  const group = groupCommit(statements, { committed: terms.committed, rolledBack }, watchers.look)
  const applyNext = (work: Work): Committed => {
    const done = apply(work, context)
    for (const write of work.writes ?? []) current.forget(keyOf(write))
    tail.add(done)
    return done
  }
  let commits = 0
  voidLeases(statements)

  const store: SqliteStore = {
    commit: async (work) => {
      checkWork(work)
      const done = await group.join(() => applyNext(work))
      commits++
      return done
    },
    read: async (key, viewer) => current.read(key, viewer),
    readMany: async (keys, viewer) => keys.map((key) => current.read(key, viewer)),
    vread: async (key, version, viewer) => vread(key, version, viewer, context),
    history: (scope, viewer, page) => history(scope, viewer, page, context),
    find: async (query) => find(query, context),
    all: (query) => allOf(query, store),
    indexed: async (key) => indexed(key, context),
    feed: async (after, limit) => tail.after(after, limit) ?? feed(after, limit, context),
    last: async () => lastCommit(statements).sequence,
    changed: watchers.changed,
    cursor: async (name) => cursorValue(name, statements),
    events: async (stream, range) => events(stream, range, statements),
    eventCount: async (stream) => eventCount(stream, statements),
    jobs: jobs(statements, group, clock),
    stats: async () => ({
      commits,
      groups: group.counts.transactions,
      records: get<{ n: number }>('SELECT count(*) AS n FROM record')!.n,
      bytes: Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true })),
    }),
    close: async () => {
      group.close()
      watchers.close()
      db.close()
    },
    limitPages: (pages) => {
      db.pragma(`max_page_count = ${pages}`)
    },
  }
  return store
}
