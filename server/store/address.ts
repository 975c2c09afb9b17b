/** Where a store is: as text in the settings, and as what opens it. */

export type StoreAddress =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'mongodb'; readonly url: string }
  | { readonly kind: 'memory' }

/** The texts that name a store, for messages. */
export const STORE_ADDRESSES =
  '`sqlite:` and the path of a file, `mongodb://` with hosts and the name of a database, or `memory:`'

const SQLITE = 'sqlite:'
/** Hosts, with a user perhaps, and the database. https://www.mongodb.com/docs/manual/reference/connection-string/ */
const MONGODB = /^mongodb(\+srv)?:\/\/[^/?]+\/[^/?]+/

/** `sqlite:<path>`, `mongodb://<hosts>/<database>` or `memory:`; undefined for what names no store. */
export function parseStoreAddress(text: string): StoreAddress | undefined {
  if (text === 'memory:') return { kind: 'memory' }
  if (MONGODB.test(text)) return { kind: 'mongodb', url: text }
  return text.startsWith(SQLITE) && text.length > SQLITE.length
    ? { kind: 'sqlite', path: text.slice(SQLITE.length) }
    : undefined
}
