/** Conditions and sort keys of entries that are ranges: rows of the table `span`. */
import type { Prefix } from '../../../search/query.ts'
import { entriesIn, NO_RECORD, oneOf } from '../condition.ts'
import type { SqlCondition, FieldIds } from '../condition.ts'
import { raw, sql } from '../sql.ts'
import type { Sql } from '../sql.ts'
import { inTime } from '../time-limit.ts'

/**
 * For each prefix, how the range (`since`, `until`) of an entry compares with the searched range (`low`, `high`).
 * Each is written so that it bounds `until` from below where it can: the table is clustered on it.
 */
export type SpanComparison = {
  readonly [prefix in Prefix]: (since: Sql, until: Sql, low: number, high: number) => Sql
}

/** Records with a range for which this comparison holds. */
export function withSpan(
  fields: FieldIds,
  compare: SpanComparison[Prefix],
  [low, high]: readonly [low: number, high: number],
): SqlCondition {
  if (fields.length === 0) return NO_RECORD
  const inIndex = compare(raw('s.since'), raw('s.until'), low, high)
  const inRecord = compare(SINCE, UNTIL, low, high)
  return {
    probe: sql`EXISTS (SELECT 1 FROM ${entriesIn(fields)} WHERE ${inRecord})`,
    source: {
      rids: sql`SELECT DISTINCT s.rid FROM span s WHERE ${oneOf('s.field', fields)} AND ${inIndex} AND ${inTime('s.rid')}`,
      exact: true,
      ordered: false,
    },
  }
}

/** As JSON a large number may be written without a point, which SQLite would read as an integer of 64 bits. */
const SINCE = raw('CAST(j.value ->> 0 AS REAL)')
const UNTIL = raw('CAST(j.value ->> 1 AS REAL)')

/** Sorts by the lower limit. */
export const byLowerLimit = (fields: FieldIds, best: 'min' | 'max'): Sql =>
  sql`(SELECT ${raw(best)}(${SINCE}) FROM ${entriesIn(fields)})`
