/** The store in memory: the reference for what a store does, in the simplest code. For tests and for trying out. */
import { allOf } from '../all.ts'
import { checkWork } from '../check-work.ts'
import type { Store } from '../store.ts'
import { watch } from '../watch.ts'
import { apply } from './commit.ts'
import { events } from './events.ts'
import { history } from './history.ts'
import { indexed, read, vread } from './read.ts'
import { emptyState } from './schema.ts'
import { explain, find } from './search.ts'

/** @param clock the time (ms since 1970) */
export function openMemory({ clock }: { clock: () => number }): Store {
  const state = emptyState(clock)
  const { records, log } = state
  const watchers = watch(() => log.length)
  let commits = 0

  const store: Store = {
    commit: async (work) => {
      checkWork(work)
      const done = apply(work, state, clock())
      commits++
      watchers.look()
      return done
    },
    read: async (key, viewer) => read(key, viewer, records),
    readMany: async (keys, viewer) => keys.map((key) => read(key, viewer, records)),
    vread: async (key, version, viewer) => vread(key, version, viewer, records),
    history: async (scope, viewer, page) => history(scope, viewer, page, state),
    find: async (query) => find(query, state),
    explain: async (query) => explain(query, state),
    all: (query) => allOf(query, store),
    indexed: async (key) => indexed(key, records),
    feed: async (after, limit) => log.slice(after, after + limit),
    last: async () => log.length,
    seen: () => log.length,
    lastAt: async (instant) => log.findLast(({ at }) => at <= instant)?.sequence ?? 0,
    changed: watchers.changed,
    cursor: async (name) => state.cursors.get(name) ?? 0,
    events: async (stream, range) => events(stream, range, state.events),
    eventCount: async (stream) => state.events.get(stream)?.at(-1)?.number ?? 0,
    jobs: state.jobs,
    stats: async () => ({ commits, groups: commits, records: records.size, bytes: 0 }),
    close: async () => watchers.close(),
  }
  return store
}
