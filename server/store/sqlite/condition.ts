/** What a condition of a search is in SQL, and what it is compiled in. */
import type { Terms } from './terms.ts'
import { raw, sql } from './sql.ts'
import type { Arg, Sql, Statements } from './sql.ts'

/**
 * A SELECT of `rid`, each once.
 * - exact: it lists exactly the records that meet the condition; else more, and the probe is still needed.
 * - ordered: it comes by rid from an index, so that a page need not read all of it.
 */
export type RecordSource = { readonly rids: Sql; readonly exact: boolean; readonly ordered: boolean }

/**
 * A condition has two forms: `probe` tests the record `r`, `source` lists the records that meet it, from an index.
 * plan.ts reads from the source that lists fewest and probes the other conditions.
 */
export type SqlCondition = { readonly probe: Sql; readonly source?: RecordSource }

/** What a query is compiled in. `type`: the number of the searched type, undefined for all types. */
export type QueryScope = {
  readonly type: number | undefined
  readonly terms: Terms
  readonly statements: Statements
}

/** A record of a page: its number, and what it is sorted by. */
export type PageRow = { readonly rid: number; readonly [key: `k${number}`]: Arg }

/**
 * Which records are looked at (`from`, with their number as `rid`) and what must be true of each. `walked`: the field in
 * whose order all records are read (sorted-walk.ts), where no condition lists few.
 */
export type QueryPlan = { readonly from: Sql; readonly rid: string; readonly where: Sql; readonly walked?: number }

/** The numbers of the searched fields: one parameter in one type of record, or in all. */
export type FieldIds = readonly number[]

export const EVERY_RECORD: SqlCondition = { probe: raw('1') }
export const NO_RECORD: SqlCondition = {
  probe: raw('0'),
  source: { rids: raw('SELECT rid FROM record WHERE 0'), exact: true, ordered: true },
}

/** A column equals one of these numbers. */
export function oneOf(column: string, numbers: readonly number[]): Sql {
  if (numbers.length === 1) return sql`${raw(column)} = ${numbers[0]!}`
  return sql`${raw(column)} IN (SELECT value FROM json_each(${JSON.stringify(numbers)}))`
}

/** The entries of record `r` in these fields, as rows `j`: a value number, or the limits of a range. */
export function entriesIn(fields: FieldIds): Sql {
  const paths = fields.map((fid) => `$."${fid}"`)
  return sql`json_each(${JSON.stringify(paths)}) f CROSS JOIN json_each(r.entries, f.value) j`
}
