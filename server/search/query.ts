/**
 * The language of search: what is indexed of a record, what is searched (a query tree), and for whom.
 * Every evaluator (memory, SQLite, MongoDB) reads these shapes and answers alike; test/search/cases.ts is the contract.
 * https://hl7.org/fhir/R4/search.html
 */
import type { Prefix } from './prefix.ts'
import type { EntryFilter, SearchTypeName } from './types/index.ts'

export type { Prefix } from './prefix.ts'
export type { IndexEntry } from './types/index.ts'

/** Who may know of a record: an agency, from and until an instant (ms since 1970; absent = always). `*` is every agency. */
export type Audience = { readonly agency: string; readonly from?: number; readonly until?: number }

/** Every agency: the audience of lookups and definitions. */
export const EVERYONE = '*'

/**
 * For whom a query is answered. Every read names a viewer, so that the visibility check cannot be forgotten.
 * `unrestricted`: no visibility check. For server-side rules only; results must never reach a caller.
 */
export type Viewer = AgencyViewer | 'unrestricted'

/** An agency at an instant (ms). `allVersions`: it may know every version of a record that it may know of. */
export type AgencyViewer = { readonly agency: string; readonly at: number; readonly allVersions?: true }

/** The participant that a record is about: a reference entry of every record of a participant (compartment). */
export const PARTICIPANT = '_participant'

/** A record that a record refers to: a reference entry of every record for each of its local references. */
export const REFERENCE = '_reference'

/**
 * A condition. `and` of nothing is true, `or` of nothing is false.
 * - id, type, updated: the record's own id, type and last change; the searched range is [start, end).
 * - missing: no entry of this parameter.
 * - any other: the filter of a search type, met by at least one entry of its parameter (types/index.ts).
 */
export type Filter =
  | { readonly op: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly op: 'not'; readonly of: Filter }
  | { readonly op: 'missing'; readonly param: string }
  | { readonly op: 'id'; readonly ids: readonly string[] }
  | { readonly op: 'type'; readonly types: readonly string[] }
  | { readonly op: 'updated'; readonly prefix: Prefix; readonly start: number; readonly end: number }
  | EntryFilter

export const ALL: Filter = { op: 'and', of: [] }

export const aboutParticipant = (id: string): Filter => ({ op: 'reference', param: PARTICIPANT, type: 'Patient', id })

/** The conditions that must all hold. */
export const conjuncts = (filter: Filter): readonly Filter[] =>
  filter.op === 'and' ? filter.of.flatMap(conjuncts) : [filter]

/**
 * Order by a parameter's entries (the least ascending, the greatest descending), or by the record's own `_id` or
 * `_lastUpdated`. Records without an entry come last either way. Ties, and no sort at all, go by first creation.
 */
export type Sort = {
  readonly param: string
  readonly kind: SearchTypeName | 'id' | 'updated'
  readonly descending: boolean
}

/** The sort values and creation order of the last record of a page: where the next page begins. Opaque outside. */
export type Cursor = readonly (string | number | null)[]

export type Query = {
  /** One type, several, or (`*`) every type. */
  readonly type: string | readonly string[]
  readonly where: Filter
  readonly viewer: Viewer
  readonly sort?: readonly Sort[]
  /** At most this many; 0 only counts. */
  readonly limit: number
  /** Fewer where their resources would have more bytes than this together, but one at least. */
  readonly bytes?: number
  readonly after?: Cursor
  /** The page that ends before `after`, in the order of the sorts as any page is. */
  readonly backward?: true
  readonly total?: boolean
  /** Deleted records, too (they keep their audience and participant). Never for a caller's search. */
  readonly deleted?: boolean
  /**
   * The records as they were after this sequence, matched and sorted by the index entries that they had then; visible to
   * those who may know of them now, and may know that version of them (store/first-versions.ts). With the same `asOf`,
   * pages hold together whatever is committed meanwhile.
   */
  readonly asOf?: number
  /** Answers each version with its index entries, all or those of these parameters: most of them are seldom needed. */
  readonly withEntries?: true | readonly string[]
}
