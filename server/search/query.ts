/**
 * The language of search: what a record says of itself (index entries), what is asked (a query tree), and for whom.
 * Three evaluators (memory, SQLite, MongoDB) read these shapes and must agree; test/search/cases.ts says on what.
 * https://hl7.org/fhir/R4/search.html
 */

/** Who may know of a record: an agency, from and until an instant (ms since 1970; absent = always). `*` is every agency. */
export type Audience = { readonly agency: string; readonly from?: number; readonly until?: number }

/** Everyone: lookups and definitions. */
export const EVERYONE = '*'

/**
 * For whom a query is answered. Every read names one, so that it cannot be forgotten. `everything` is the hub's own
 * eye, used for rules that look at all records; nothing that it sees is ever answered to a caller.
 */
export type Viewer = { readonly agency: string; readonly at: number } | 'unrestricted'

/**
 * One searchable fact of a record. `param` is the code of the search parameter.
 * Strings are normalised (see types/string.ts); dates are a half-open range of instants [start, end).
 * A reference to a record of the hub has type and id; any other has its url.
 */
export type IndexEntry =
  | { readonly kind: 'token'; readonly param: string; readonly system?: string; readonly code: string }
  | { readonly kind: 'string'; readonly param: string; readonly value: string; readonly exact: string }
  | { readonly kind: 'reference'; readonly param: string; readonly type: string; readonly id: string }
  | { readonly kind: 'uri'; readonly param: string; readonly value: string }
  | { readonly kind: 'date'; readonly param: string; readonly start: number; readonly end: number }

/** The participant that a record is about: a reference entry of every record of a participant (compartment). */
export const PARTICIPANT = '_participant'

/** A record that a record refers to: a reference entry of every record for each of its local references. */
export const REFERENCE = '_reference'

/** Comparison prefixes of ordered values. https://hl7.org/fhir/R4/search.html#prefix */
export type Prefix = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap'

/**
 * A condition. `and` of nothing is true, `or` of nothing is false.
 * - token: `system` undefined = any system, '' = no system; `code` undefined = any code of the system.
 * - reference: `type` undefined = any type with this id.
 * - date: the searched range [start, end) against each entry's range, as search.html#date says for the prefix.
 * - id, updated: the record's own id and last change.
 * - missing: no entry of this parameter.
 */
export type Filter =
  | { readonly op: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly op: 'not'; readonly of: Filter }
  | { readonly op: 'token'; readonly param: string; readonly system?: string; readonly code?: string }
  | {
      readonly op: 'string'
      readonly param: string
      readonly how: 'starts' | 'contains' | 'exact'
      readonly value: string
    }
  | { readonly op: 'reference'; readonly param: string; readonly type?: string; readonly id: string }
  | { readonly op: 'uri'; readonly param: string; readonly value: string }
  | {
      readonly op: 'date'
      readonly param: string
      readonly prefix: Prefix
      readonly start: number
      readonly end: number
    }
  | { readonly op: 'missing'; readonly param: string }
  | { readonly op: 'id'; readonly ids: readonly string[] }
  | { readonly op: 'updated'; readonly prefix: Prefix; readonly start: number; readonly end: number }

export const ALL: Filter = { op: 'and', of: [] }

/**
 * Order by a parameter's entry (the least ascending, the greatest descending), or by the record's own `_id` or
 * `_lastUpdated`. Records without the entry come last either way. Ties, and no sort at all, go by first creation.
 */
export type Sort = {
  readonly param: string
  readonly kind: IndexEntry['kind'] | 'id' | 'updated'
  readonly descending: boolean
}

/** The sort values and creation order of the last record of a page: where the next page begins. Opaque outside. */
export type Cursor = readonly (string | number | null)[]

export type Query = {
  /** One type, or every type (the hub's own questions about a participant). */
  readonly type: string | '*'
  readonly where: Filter
  readonly viewer: Viewer
  readonly sort?: readonly Sort[]
  /** At most this many; 0 asks only for the total. */
  readonly limit: number
  readonly after?: Cursor
  readonly total?: boolean
  /** Records that were deleted, too (they keep their audience and participant). Never for a caller's search. */
  readonly deleted?: boolean
}
