/** A store by its address. */
import { openMemory } from './memory/open.ts'
import { openSqlite } from './sqlite/store.ts'
import type { Store } from './store.ts'
import { StoreUnusable } from './unusable.ts'

type Options = { readonly clock: () => number }

const SCHEMES: { readonly [scheme: string]: (rest: string, options: Options) => Store } = {
  'sqlite:': openSqlite,
  'memory:': (_rest, options) => openMemory(options),
}

/**
 * Opens the store at `sqlite:<path>` or `memory:`.
 * @param options.clock the time (ms since 1970)
 * @throws StoreUnusable with a sentence that says what to do
 */
export async function openStore(url: string, options: Options): Promise<Store> {
  const scheme = Object.keys(SCHEMES).find((known) => url.startsWith(known))
  const rest = url.slice(scheme?.length ?? 0)
  if (scheme === undefined || (scheme === 'sqlite:') !== (rest !== '')) {
    throw new StoreUnusable(`HUB_STORE is \`${url}\`, which names no store. Write \`sqlite:<path>\` or \`memory:\`.`)
  }
  return SCHEMES[scheme]!(rest, options)
}
