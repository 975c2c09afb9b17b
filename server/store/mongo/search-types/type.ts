/**
 * What MongoDB needs of a search type: the index keys of its entries, and where the keys of the entries that a filter may
 * meet are. Each file of this folder is one type; index.ts lists them under the names of search/types/. ../keys.ts makes
 * texts of both. The entries themselves are stored beside the keys, and decide.
 */

/**
 * A key without its parameter. `field` is a letter of the type, alone in it or with a second one; the values follow, and
 * `\u0000` stands between them.
 */
export type KeyParts = readonly [field: string, ...values: string[]]

/** The keys of a condition: one key, those that begin so, or those of a field from `from` (with it) to `to` (without it). */
export type KeyCondition =
  | { readonly is: KeyParts }
  | { readonly starts: KeyParts }
  | { readonly field: string; readonly from?: string; readonly to?: string }

/** A record that meets the filter has a key of one of these conditions. `exact`: a record that has one meets the filter. */
export type KeySearch = { readonly anyOf: readonly KeyCondition[]; readonly exact: boolean }

export type MongoSearchType<Entry, Filter> = {
  /** One at least: a record in which the parameter is not missing is found by any key of it. */
  keys(entry: Entry): readonly KeyParts[]
  search(filter: Filter): KeySearch
}
