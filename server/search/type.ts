/**
 * What a search parameter type consists of. Each file of types/ is one type and exports everything of it; types/index.ts
 * lists them. How a store keeps and queries the entries of a type is in the store: server/store/<store>/search-types/.
 */
import type { SearchParameter } from '../definitions/definitions.ts'

/** What indexing depends on: the base URL and the time zone (IANA name) of the hub. */
export type IndexContext = { readonly base: string; readonly timeZone: string }
/** What reading a searched value depends on: the same, and the instant of the search (ms since 1970). */
export type SearchValueContext = IndexContext & { readonly now: number }

/**
 * A search parameter type. `Entry` is what a record's index keeps of one value, with `kind` the name of the type;
 * `Filter` is the condition of one searched value, with `op` the name of the type. The other two are entries and
 * filters of other types that this one produces too (a reference to another server is indexed as a uri).
 */
export type SearchType<Entry, Filter, OtherEntry = never, OtherFilter = never> = {
  /** The entries of one value that the parameter's expression selects; none for a value that the type cannot read. */
  entries(value: unknown, param: string, context: IndexContext): readonly (Entry | OtherEntry)[]
  /**
   * The condition of one searched value, still escaped (`a\,b`); `modifier` is one of `modifiers`, or absent.
   * @throws OutcomeError `invalid-parameter` when the value cannot be read.
   */
  filter(
    parameter: SearchParameter,
    modifier: string | undefined,
    text: string,
    context: SearchValueContext,
  ): Filter | OtherFilter
  /** Does an entry meet the condition? This is the reference for the `condition` of every store. */
  matches(entry: Entry, filter: Filter): boolean
  /** What records are sorted by. The `sortExpression` of every store computes the same. */
  sortKey(entry: Entry): string | number
  /** The type of `sortKey`, by which a cursor is checked. */
  readonly sortKeyType: 'string' | 'number'
  /** The modifiers that the type takes. `missing` and `not` need no code of the type: the parser builds them. */
  readonly modifiers: readonly string[]
  /** Each target type of the parameter is a modifier too: `subject:Patient=1`. */
  readonly targetIsModifier?: true
}

/** `missing` and `not` are made by the parser out of the type's own filters. */
export const MISSING = 'missing'
export const NOT = 'not'
