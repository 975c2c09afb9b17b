/** Where a store is: as text in the settings, and as what opens it. */

export type StoreAddress = { readonly kind: 'sqlite'; readonly path: string } | { readonly kind: 'memory' }

/** The texts that name a store, for messages. */
export const STORE_ADDRESSES = '`sqlite:` and the path of a file, or `memory:`'

const SQLITE = 'sqlite:'

/** `sqlite:<path>` or `memory:`; undefined for what names no store. */
export function parseStoreAddress(text: string): StoreAddress | undefined {
  if (text === 'memory:') return { kind: 'memory' }
  return text.startsWith(SQLITE) && text.length > SQLITE.length
    ? { kind: 'sqlite', path: text.slice(SQLITE.length) }
    : undefined
}
