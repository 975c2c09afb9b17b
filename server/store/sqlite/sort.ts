/** The order of a result and where a page begins in it, as SQL. What the order is: search/match.ts. */
import { SORT_KEY_LENGTH } from '../../search/match.ts'
import type { Cursor, Sort } from '../../search/query.ts'
import { SEARCH_TYPES } from '../../search/types/index.ts'
import type { QueryScope } from './condition.ts'
import { sortExpression } from './search-types/index.ts'
import { joined, raw, sql } from './sql.ts'
import type { Sql } from './sql.ts'

/** What the record `r` is sorted by; NULL without an entry. */
export function sortKey({ param, kind, descending }: Sort, scope: QueryScope): Sql {
  if (kind === 'id') return raw('r.id')
  if (kind === 'updated') return raw('r.at')
  const key = sortExpression(kind, param, descending ? 'max' : 'min', scope)
  return SEARCH_TYPES[kind].sortKeyType === 'string' ? sql`substr(${key}, 1, ${raw(String(SORT_KEY_LENGTH))})` : key
}

/** Every record has a value of these sorts. */
const isOfRecord = ({ kind }: Sort): boolean => kind === 'id' || kind === 'updated'

/** ORDER BY: columns k0, k1, ... in their directions, records without a value last, then by creation; or backward. */
export function orderBy(sorts: readonly Sort[], backward: boolean): Sql {
  const reversed = backward ? ' DESC' : ''
  const terms = sorts.map((sort, index) => {
    const column = `k${index}${sort.descending === backward ? '' : ' DESC'}`
    return isOfRecord(sort) ? column : `k${index} IS NULL${reversed}, ${column}`
  })
  return raw([...terms, `rid${reversed}`].join(', '))
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

/** Comes the row (k0, k1, ..., rid) before the cursor? */
export function before(sorts: readonly Sort[], cursor: Cursor): Sql {
  const earlierCreation = sql`rid < ${cursor.at(-1) ?? 0}`
  return sorts.reduceRight((rest, { descending }, index) => {
    const column = raw(`k${index}`)
    const value = cursor[index] ?? null
    if (value === null) return sql`(${column} IS NOT NULL OR ${rest})`
    const beyond = descending ? sql`${column} > ${value}` : sql`${column} < ${value}`
    return sql`(${beyond} OR (${column} = ${value} AND ${rest}))`
  }, earlierCreation)
}

/** `, key AS k0, ...` */
export const keyColumns = (sorts: readonly Sort[], scope: QueryScope): Sql =>
  joined(
    sorts.map((sort, index) => sql`, ${sortKey(sort, scope)} AS ${raw(`k${index}`)}`),
    '',
  )
