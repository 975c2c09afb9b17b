/** The order of a result and where a page begins in it, as SQL. search/match.ts says what the order is. */
import type { Cursor, Sort } from '../../search/query.ts'
import { KINDS } from './dictionary.ts'
import { facts } from './filter.ts'
import type { Scope } from './filter.ts'
import { joined, raw, sql } from './sql.ts'
import type { Sql } from './sql.ts'

/** What the record `r` is sorted by; NULL where it has no such entry. */
export function sortKey({ param, kind, descending }: Sort, scope: Scope): Sql {
  if (kind === 'id') return raw('r.id')
  if (kind === 'updated') return raw('r.at')
  const fields = scope.words.fields().of({ type: scope.type, kind: KINDS[kind], param })
  if (fields.length === 0) return raw('NULL')
  const best = raw(descending ? 'max' : 'min')
  if (kind === 'date') return sql`(SELECT ${best}(j.value ->> 0) FROM ${facts(fields)})`
  const value = sql`${facts(fields)} CROSS JOIN value v ON v.vid = j.value`
  if (kind !== 'reference') return sql`(SELECT ${best}(v.text) FROM ${value})`
  return sql`(SELECT ${best}(w.text || '/' || v.text) FROM ${value} CROSS JOIN word w ON w.wid = v.scope)`
}

const never = ({ kind }: Sort): boolean => kind === 'id' || kind === 'updated'

/** ORDER BY: columns k0, k1, ... as asked, records without a value last, then by creation. */
export function orderBy(sorts: readonly Sort[]): Sql {
  const terms = sorts.map((sort, index) => {
    const column = `k${index}${sort.descending ? ' DESC' : ''}`
    return never(sort) ? column : `k${index} IS NULL, ${column}`
  })
  return raw([...terms, 'rid'].join(', '))
}

/** Comes the row (k0, k1, ..., rid) after the cursor? */
export function after(sorts: readonly Sort[], cursor: Cursor): Sql {
  const place = sql`rid > ${cursor.at(-1) ?? 0}`
  return sorts.reduceRight((rest, { descending }, index) => {
    const column = raw(`k${index}`)
    const value = cursor[index] ?? null
    if (value === null) return sql`(${column} IS NULL AND ${rest})`
    const beyond = descending ? sql`${column} < ${value}` : sql`${column} > ${value}`
    return sql`(${beyond} OR ${column} IS NULL OR (${column} = ${value} AND ${rest}))`
  }, place)
}

/** `, key AS k0, ...` */
export const keyColumns = (sorts: readonly Sort[], scope: Scope): Sql =>
  joined(
    sorts.map((sort, index) => sql`, ${sortKey(sort, scope)} AS ${raw(`k${index}`)}`),
    '',
  )
