/** A store by its address. */
import type { Store } from './store.ts'
import { StoreUnusable } from './unusable.ts'

/** Loaded when asked for, so that a store in memory needs no driver. */
const SCHEMES: {
  readonly [scheme: string]: (rest: string, options: { clock: () => number }) => Promise<Store>
} = {
  'sqlite:': async (path, options) => (await import('./sqlite/store.ts')).openSqlite(path, options),
  'memory:': async (_rest, options) => (await import('./memory.ts')).openMemory(options),
}

/**
 * Opens the store at `sqlite:<path>` or `memory:`.
 * @param options.clock the time (ms since 1970)
 * @throws StoreUnusable with a sentence that says what to do
 */
export async function openStore(url: string, options: { clock: () => number }): Promise<Store> {
  const scheme = Object.keys(SCHEMES).find((known) => url.startsWith(known))
  const rest = url.slice(scheme?.length ?? 0)
  if (scheme === undefined || (scheme === 'sqlite:' && rest === '')) {
    throw new StoreUnusable(`HUB_STORE is \`${url}\`, which names no store. Write \`sqlite:<path>\` or \`memory:\`.`)
  }
  return SCHEMES[scheme]!(rest, options)
}
