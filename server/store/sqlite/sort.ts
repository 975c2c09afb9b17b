/** The order of a result and where a page begins in it, as SQL. What the order is: search/match.ts. */
import type { Cursor, Sort } from '../../search/query.ts'
import type { QueryScope } from './condition.ts'
import { sortExpression } from './search-types/index.ts'
import { joined, raw, sql } from './sql.ts'
import type { Sql } from './sql.ts'

/** What the record `r` is sorted by; NULL without an entry. */
export function sortKey({ param, kind, descending }: Sort, scope: QueryScope): Sql {
  if (kind === 'id') return raw('r.id')
  if (kind === 'updated') return raw('r.at')
  return sortExpression(kind, param, descending ? 'max' : 'min', scope)
}

/** Every record has a value of these sorts. */
const isOfRecord = ({ kind }: Sort): boolean => kind === 'id' || kind === 'updated'

/** ORDER BY: columns k0, k1, ... in their directions, records without a value last, then by creation. */
export function orderBy(sorts: readonly Sort[]): Sql {
  const terms = sorts.map((sort, index) => {
    const column = `k${index}${sort.descending ? ' DESC' : ''}`
    return isOfRecord(sort) ? column : `k${index} IS NULL, ${column}`
  })
  return raw([...terms, 'rid'].join(', '))
}

/** Comes the row (k0, k1, ..., rid) after the cursor? */
export function after(sorts: readonly Sort[], cursor: Cursor): Sql {
  const laterCreation = sql`rid > ${cursor.at(-1) ?? 0}`
  return sorts.reduceRight((rest, { descending }, index) => {
    const column = raw(`k${index}`)
    const value = cursor[index] ?? null
    if (value === null) return sql`(${column} IS NULL AND ${rest})`
    const beyond = descending ? sql`${column} < ${value}` : sql`${column} > ${value}`
    return sql`(${beyond} OR ${column} IS NULL OR (${column} = ${value} AND ${rest}))`
  }, laterCreation)
}

/** `, key AS k0, ...` */
export const keyColumns = (sorts: readonly Sort[], scope: QueryScope): Sql =>
  joined(
    sorts.map((sort, index) => sql`, ${sortKey(sort, scope)} AS ${raw(`k${index}`)}`),
    '',
  )
