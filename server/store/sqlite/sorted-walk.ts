/**
 * A page sorted by one parameter whose entries are ranges (dates, numbers), read in the order of an index: it stops at the
 * end of the page, where a sort would need the values of every record first.
 */
import type { Cursor, Query, Sort } from '../../search/query.ts'
import { entriesIn } from './condition.ts'
import type { QueryPlan, QueryScope } from './condition.ts'
import { sortedSpans } from './search-types/index.ts'
import { sortKey } from './sort.ts'
import { limitOf, raw, sql } from './sql.ts'
import type { Sql } from './sql.ts'

/** The field that a page in this order is read from; undefined where the order is not that of the index. */
export function walkedField(sorts: readonly Sort[], scope: QueryScope): number | undefined {
  const [only, ...others] = sorts
  if (only === undefined || others.length > 0 || scope.type === undefined) return undefined
  const fields = sortedSpans(only, scope)
  return fields?.length === 1 ? fields[0] : undefined
}

/** The page as SQL: those with a value, and those without one, which come last. */
export function walkSql(query: Query, plan: QueryPlan, scope: QueryScope, field: number): readonly Sql[] {
  const { sort = [], after, limit } = query
  const [one] = sort as [Sort]
  const direction = raw(one.descending ? 'DESC' : 'ASC')
  const withValue = sql`SELECT DISTINCT s.rid AS rid, s.since AS k0
    FROM span s INDEXED BY span_lower CROSS JOIN record r ON r.rid = s.rid
    WHERE s.field = ${field} AND ${beyond(one, after)} AND ${sortKey(one, scope)} = s.since AND ${plan.where}
    ORDER BY s.since ${direction}, s.rid ${limitOf(limit + 1)}`
  const later = after !== undefined && after[0] === null ? sql`r.rid > ${after.at(-1) ?? 0}` : raw('1')
  const without = sql`SELECT r.rid AS rid, NULL AS k0 FROM record r
    WHERE ${later} AND ${plan.where} AND NOT EXISTS (SELECT 1 FROM ${entriesIn([field])})
    ORDER BY r.rid ${limitOf(limit + 1)}`
  return after !== undefined && after[0] === null ? [without] : [withValue, without]
}

function beyond({ descending }: Sort, after: Cursor | undefined): Sql {
  if (after === undefined) return raw('1')
  const [value = null, rid = 0] = after
  return descending
    ? sql`s.since <= ${value} AND (s.since < ${value} OR s.rid > ${rid})`
    : sql`s.since >= ${value} AND (s.since > ${value} OR s.rid > ${rid})`
}
