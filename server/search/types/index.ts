/**
 * The table of search parameter types: everything that search evaluates. Index entries, filters, sorts, cursors, the
 * capability statement and the stores all read it. https://hl7.org/fhir/R4/search.html#ptypes
 */
import type { SearchParameter } from '../../definitions/definitions.ts'
import type { SearchType } from '../type.ts'
import { composite } from './composite.ts'
import { date } from './date.ts'
import { number } from './number.ts'
import { quantity } from './quantity.ts'
import { reference } from './reference.ts'
import { special } from './special.ts'
import { string } from './string.ts'
import { text, TEXT_PARAMETERS } from './text.ts'
import { token } from './token.ts'
import { uri } from './uri.ts'

export const SEARCH_TYPES = { token, string, reference, date, uri, number, quantity, composite, special, text } as const

type Table = typeof SEARCH_TYPES
export type SearchTypeName = keyof Table

/** The index entry of each type, by its name. */
export type EntryByType = {
  readonly [name in SearchTypeName]: Table[name] extends { sortKey(entry: infer Entry): unknown } ? Entry : never
}
/** The filter of each type, by its name. */
export type FilterByType = {
  readonly [name in SearchTypeName]: Table[name] extends { matches(entry: never, filter: infer Filter): unknown }
    ? Filter
    : never
}

/** One searchable value of a record. `param` is the code of the search parameter, `kind` the name of the type. */
export type IndexEntry = EntryByType[SearchTypeName]
/** A condition on the entries of one parameter: one entry that meets it is enough. `op` is the name of the type. */
export type EntryFilter = FilterByType[SearchTypeName]

export const SEARCH_TYPE_NAMES = Object.keys(SEARCH_TYPES) as readonly SearchTypeName[]

export const isSearchTypeName = (name: string): name is SearchTypeName => Object.hasOwn(SEARCH_TYPES, name)

/**
 * The name of a parameter's type, which for `_text` and `_content` is not the one that R4 gives them.
 * @throws Error for a type that the hub does not evaluate.
 */
export function searchTypeOf({ type, url, code }: Pick<SearchParameter, 'type' | 'url' | 'code'>): SearchTypeName {
  if (TEXT_PARAMETERS.includes(url)) return 'text'
  if (isSearchTypeName(type)) return type
  throw new Error(
    `SearchParameter \`${url}\` (\`${code}\`) is of type \`${type}\`; the hub evaluates ${SEARCH_TYPE_NAMES.join(', ')}.`,
  )
}

/** The table once more, for a name that is a type variable: TypeScript then relates the entry and filter of one name. */
const ROWS: {
  readonly [name in SearchTypeName]: Pick<SearchType<EntryByType[name], FilterByType[name]>, 'matches' | 'sortKey'>
} = SEARCH_TYPES

export const isEntryOf = <Name extends SearchTypeName>(name: Name, entry: IndexEntry): entry is EntryByType[Name] =>
  entry.kind === name

/** Is the entry of this type, and does it meet the condition? */
export const matchesEntry = <Name extends SearchTypeName>(
  name: Name,
  filter: FilterByType[Name],
  entry: IndexEntry,
): boolean => isEntryOf(name, entry) && ROWS[name].matches(entry, filter)

/** What an entry of this type sorts by; undefined for an entry of another type. */
export const sortKeyOf = <Name extends SearchTypeName>(name: Name, entry: IndexEntry): string | number | undefined =>
  isEntryOf(name, entry) ? ROWS[name].sortKey(entry) : undefined
