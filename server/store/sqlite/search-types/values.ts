/** Conditions and sort keys of entries that are rows of the table `value`. */
import { entriesIn, NO_RECORD, oneOf } from '../condition.ts'
import type { SqlCondition, FieldIds, QueryScope } from '../condition.ts'
import { raw, sql } from '../sql.ts'
import type { Sql } from '../sql.ts'
import { inTime } from '../time-limit.ts'

/**
 * Values `v` of a kind. The number is written into the text: with a parameter, SQLite cannot tell whether a partial index
 * may be used, and prepares the statement again whenever the parameter is bound. https://sqlite.org/partialindex.html
 */
export const ofKind = (kind: number): Sql => raw(`v.kind = ${kind}`)

/** Sorts after every text with the same beginning. */
export const LAST = '\u{10FFFF}'

/** Records with a value `v` that meets a condition which few values meet: their numbers are read first. */
export function withFewValues(fields: FieldIds, where: Sql, { statements }: QueryScope): SqlCondition {
  if (fields.length === 0) return NO_RECORD
  const rows = statements.all<{ vid: number }>(`SELECT v.vid FROM value v WHERE ${where.text}`, ...where.args)
  if (rows.length === 0) return NO_RECORD
  const single = fields.length === 1 && rows.length === 1
  const vids = rows.map(({ vid }) => vid)
  const postings = sql`${oneOf('p.field', fields)} AND ${oneOf('p.value', vids)}`
  return {
    probe: sql`EXISTS (SELECT 1 FROM posting p WHERE ${postings} AND p.rid = r.rid)`,
    source: {
      rids: sql`SELECT ${raw(single ? '' : 'DISTINCT')} p.rid FROM posting p WHERE ${postings}`,
      exact: true,
      ordered: single,
    },
  }
}

/** Records with a value `v` that meets a condition which many values may meet. */
export function withManyValues(fields: FieldIds, where: Sql): SqlCondition {
  if (fields.length === 0) return NO_RECORD
  const rids = sql`SELECT DISTINCT p.rid FROM value v CROSS JOIN posting p ON p.value = v.vid
    WHERE ${inTime('v.vid')} AND ${where} AND ${oneOf('p.field', fields)} AND ${inTime('p.rid')}`
  return {
    probe: sql`EXISTS (SELECT 1 FROM ${valuesIn(fields)} WHERE ${where})`,
    source: { rids, exact: true, ordered: false },
  }
}

/** The values `v` of record `r` in these fields. */
export const valuesIn = (fields: FieldIds): Sql => sql`${entriesIn(fields)} CROSS JOIN value v ON v.vid = j.value`

/** Sorts by the text of the value. */
export const byText = (fields: FieldIds, best: 'min' | 'max'): Sql =>
  sql`(SELECT ${raw(best)}(v.text) FROM ${valuesIn(fields)})`
