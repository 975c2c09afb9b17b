/** What each search parameter type does; the types are listed in types/index.ts. */
import type { SearchParameter } from '../definitions/definitions.ts'
import type { Filter, IndexEntry } from './query.ts'

/** Where resources and questions come from: the hub's own address, its time zone (IANA name), and the instant (ms). */
export type IndexContext = { readonly base: string; readonly timeZone: string }
export type SearchValueContext = IndexContext & { readonly now: number }

export type SearchType = {
  /** The entries of one value that the parameter's expression selects; none for a value that it cannot read. */
  entries(value: unknown, param: string, place: IndexContext): readonly IndexEntry[]
  /**
   * The condition of one searched value, still escaped (`a\,b`); `modifier` is one of `modifiers`, or absent.
   * @throws OutcomeError `invalid-parameter` when the value cannot be read.
   */
  filter(parameter: SearchParameter, modifier: string | undefined, text: string, asking: SearchValueContext): Filter
  /** The modifiers of its own, beside `missing` and `not`, which are the same for every type that has them. */
  readonly modifiers: readonly string[]
}

/** `missing` and `not` are made by the parser out of the type's own filters. */
export const MISSING = 'missing'
export const NOT = 'not'
