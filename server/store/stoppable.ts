/**
 * A store for work that can be stopped: whoever reads or writes through it is stopped at the next call, and a search that
 * takes long is given up.
 */
import { allOf } from './all.ts'
import type { Store } from './store.ts'

/** @param signal when it aborts, calls are rejected with its reason */
export function stoppable(store: Store, signal: AbortSignal): Store {
  const unlessStopped =
    <A extends unknown[], T>(call: (...given: A) => Promise<T>) =>
    async (...given: A): Promise<T> => {
      signal.throwIfAborted()
      return call(...given)
    }
  const stopped: Store = {
    ...store,
    commit: unlessStopped(store.commit),
    read: unlessStopped(store.read),
    readMany: unlessStopped(store.readMany),
    vread: unlessStopped(store.vread),
    history: unlessStopped(store.history),
    find: unlessStopped((query) => store.find(query, signal)),
    explain: unlessStopped((query) => store.explain(query, signal)),
    indexed: unlessStopped(store.indexed),
    all: (query) => allOf(query, stopped),
  }
  return stopped
}
