/** Opens a store by its address. */
import type { StoreAddress } from './address.ts'
import { openMemory } from './memory/open.ts'
import { openSqlite } from './sqlite/open.ts'
import type { Store } from './store.ts'

type OpenOptions = {
  readonly clock: () => number
  /** The longest that one read may take (ms), in a store whose reads take long. */
  readonly queryLimit?: number
}

type AddressOf<kind> = Extract<StoreAddress, { readonly kind: kind }>

const OPENERS: {
  readonly [kind in StoreAddress['kind']]: (address: AddressOf<kind>, options: OpenOptions) => Promise<Store>
} = {
  sqlite: async ({ path }, options) => openSqlite(path, options),
  // The driver is loaded only for those who use it.
  mongodb: async ({ url }, options) => (await import('./mongo/open.ts')).openMongo(url, options),
  memory: async (_address, options) => openMemory(options),
}

/**
 * Opens the store at an address.
 * @param options.clock the time (ms since 1970)
 * @throws StoreUnusable with a sentence that says what to do
 */
export const openStore = (address: StoreAddress, options: OpenOptions): Promise<Store> =>
  OPENERS[address.kind](address as never, options)
