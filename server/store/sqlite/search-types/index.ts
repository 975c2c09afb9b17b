/** The search types in SQLite: one row for each type of search/types/, and TypeScript says which is missing. */
import type { EntryByType, EntryFilter, FilterByType, IndexEntry, SearchTypeName } from '../../../search/types/index.ts'
import type { Sort } from '../../../search/query.ts'
import type { SqlCondition, QueryScope } from '../condition.ts'
import type { NewTerms } from '../new-terms.ts'
import type { Terms, ValueColumns } from '../terms.ts'
import type { Field } from '../fields.ts'
import { raw } from '../sql.ts'
import type { Sql } from '../sql.ts'
import { composite } from './composite.ts'
import { date } from './date.ts'
import { number } from './number.ts'
import { quantity } from './quantity.ts'
import { reference } from './reference.ts'
import { special } from './special.ts'
import { string } from './string.ts'
import { text } from './text.ts'
import { token } from './token.ts'
import type { Span, SqliteSearchType } from './type.ts'
import { uri } from './uri.ts'

type SqliteTable = { readonly [name in SearchTypeName]: SqliteSearchType<EntryByType[name], FilterByType[name]> }

export const SQLITE_SEARCH_TYPES: SqliteTable = {
  token,
  string,
  reference,
  date,
  uri,
  number,
  quantity,
  composite,
  special,
  text,
}

/** An entry as a record keeps it: the number of its value, or its span. */
export type EncodedEntry = number | Span

const NAMES = Object.keys(SQLITE_SEARCH_TYPES) as readonly SearchTypeName[]
const NAME_BY_ID = new Map(NAMES.map((name) => [SQLITE_SEARCH_TYPES[name].id, name]))

/** Encodes an entry; makes the row of its value if there is none yet. Runs inside a transaction. */
export function encodeEntry<Name extends SearchTypeName>(
  name: Name,
  entry: EntryByType[Name],
  terms: NewTerms,
): EncodedEntry {
  const type: SqliteSearchType<EntryByType[Name], FilterByType[Name]> = SQLITE_SEARCH_TYPES[name]
  if (type.stored === 'span') return type.encode(entry)
  return terms.makeValue({ kind: type.id, ...type.encode(entry, terms) })
}

/** The entry of a field that was encoded as this. `values` holds the values that it refers to, by their numbers. */
export function decodeEntry(
  { kind, param }: Pick<Field, 'kind' | 'param'>,
  encoded: EncodedEntry,
  terms: Terms,
  values: ReadonlyMap<number, ValueColumns>,
): IndexEntry {
  const type = SQLITE_SEARCH_TYPES[NAME_BY_ID.get(kind)!]
  if (type.stored === 'span') return type.decode(encoded as Span, param)
  return type.decode(values.get(encoded as number)!, param, terms)
}

/** The condition of a filter: an entry of its parameter meets it. */
export const entryCondition = <Name extends SearchTypeName>(
  name: Name,
  filter: FilterByType[Name] & EntryFilter,
  scope: QueryScope,
): SqlCondition => SQLITE_SEARCH_TYPES[name].condition(filter, fieldsOf(name, filter.param, scope), scope)

/** The sort key of record `r`; NULL without an entry. */
export function sortExpression(name: SearchTypeName, param: string, best: 'min' | 'max', scope: QueryScope): Sql {
  const fields = fieldsOf(name, param, scope)
  return fields.length === 0 ? raw('NULL') : SQLITE_SEARCH_TYPES[name].sortExpression(fields, best)
}

/** The fields of a sort whose order is that of the lower limits of spans. */
export function sortedSpans({ kind, param }: Sort, scope: QueryScope): readonly number[] | undefined {
  if (kind === 'id' || kind === 'updated' || SQLITE_SEARCH_TYPES[kind].stored !== 'span') return undefined
  return fieldsOf(kind, param, scope)
}

const fieldsOf = (name: SearchTypeName, param: string, { type, terms }: QueryScope): readonly number[] =>
  terms.fields().of({ type, kind: SQLITE_SEARCH_TYPES[name].id, param })
