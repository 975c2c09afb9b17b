/**
 * What SQLite needs of a search type: how its entries are stored, and its filters and sort in SQL. Each file of this
 * folder is one type; index.ts lists them under the names of search/types/. What they must answer: search/types/.
 */
import type { SqlCondition, FieldIds, QueryScope } from '../condition.ts'
import type { NewTerms } from '../new-terms.ts'
import type { Terms, ValueColumns } from '../terms.ts'
import type { Sql } from '../sql.ts'

/** The limits of a row of the table `span`. */
export type Span = readonly [since: number, until: number]

type Queried<Filter> = {
  /** The number of the type in the columns `field.kind` and `value.kind`. Files have it: it never changes. */
  readonly id: number
  condition(filter: Filter, fields: FieldIds, scope: QueryScope): SqlCondition
  /** The least (`min`) or greatest (`max`) sort key of record `r` in these fields; NULL without an entry. */
  sortExpression(fields: FieldIds, best: 'min' | 'max'): Sql
}

/** A type whose entries are rows of `value`, each written once and referred to by number. */
export type ValueType<Entry, Filter> = Queried<Filter> & {
  readonly stored: 'value'
  encode(entry: Entry, terms: NewTerms): ValueColumns
  decode(columns: ValueColumns, param: string, terms: Terms): Entry
}

/** A type whose entries are ranges. */
export type SpanType<Entry, Filter> = Queried<Filter> & {
  readonly stored: 'span'
  encode(entry: Entry): Span
  decode(span: Span, param: string): Entry
}

export type SqliteSearchType<Entry, Filter> = ValueType<Entry, Filter> | SpanType<Entry, Filter>
