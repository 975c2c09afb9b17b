/**
 * Filters as SQL: boolean conditions and those on the record itself here, those on entries by search type
 * (search-types/). What they must answer: search/match.ts.
 */
import type { Filter, Prefix } from '../../search/query.ts'
import { entriesIn, EVERY_RECORD, NO_RECORD, oneOf } from './condition.ts'
import type { SqlCondition, QueryScope } from './condition.ts'
import { entryCondition } from './search-types/index.ts'
import { anyOf, joined, raw, sql } from './sql.ts'
import type { Sql } from './sql.ts'

export function compile(filter: Filter, scope: QueryScope): SqlCondition {
  switch (filter.op) {
    case 'and':
      return allOf(filter.of, scope)
    case 'or':
      return someOf(filter.of.map((part) => compile(part, scope)))
    case 'not':
      return { probe: sql`NOT ${compile(filter.of, scope).probe}` }
    case 'missing':
      return missing(filter.param, scope)
    case 'id':
      return withId(filter.ids, scope)
    case 'type':
      return ofType(filter.types, scope)
    case 'updated':
      return updated(filter, scope)
    default:
      return entryCondition(filter.op, filter, scope)
  }
}

/** Ends at the first that no record meets: what it compiles reads the database. */
function allOf(filters: readonly Filter[], scope: QueryScope): SqlCondition {
  const parts: SqlCondition[] = []
  for (const filter of filters) {
    const part = compile(filter, scope)
    if (part === NO_RECORD) return NO_RECORD
    parts.push(part)
  }
  const source = parts.find((part) => part.source)?.source
  const probe = parts.length === 0 ? EVERY_RECORD.probe : sql`(${joined(probes(parts), ' AND ')})`
  return { probe, ...(source ? { source: { ...source, exact: source.exact && parts.length === 1 } } : {}) }
}

/** SQLite unites at most 500 SELECTs. https://sqlite.org/limits.html */
const MAX_UNION = 400

function someOf(conditions: readonly SqlCondition[]): SqlCondition {
  const [first, ...rest] = conditions.filter((condition) => condition !== NO_RECORD)
  if (first === undefined) return NO_RECORD
  if (rest.length === 0) return first
  const parts = [first, ...rest]
  const probe = anyOf(probes(parts))
  const sources = parts.flatMap((part) => part.source ?? [])
  if (sources.length < parts.length || sources.length > MAX_UNION) return { probe }
  const union = joined(
    sources.map((source) => source.rids),
    ' UNION ',
  )
  const exact = sources.every((source) => source.exact)
  return { probe, source: { rids: sql`SELECT rid FROM (${union})`, exact, ordered: false } }
}

const probes = (parts: readonly SqlCondition[]): Sql[] => parts.map((part) => part.probe)

function missing(param: string, { type, terms }: QueryScope): SqlCondition {
  const fields = terms.fields().of({ type, param })
  return fields.length === 0 ? EVERY_RECORD : { probe: sql`NOT EXISTS (SELECT 1 FROM ${entriesIn(fields)})` }
}

function withId(ids: readonly string[], { type }: QueryScope): SqlCondition {
  const oneOfIds = sql`id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`
  const probe = sql`r.${oneOfIds}`
  if (type === undefined) return { probe }
  const rids = sql`SELECT rid FROM record INDEXED BY record_key WHERE type = ${type} AND ${oneOfIds}`
  return { probe, source: { rids, exact: true, ordered: false } }
}

/** No source: a type lists more records than the conditions beside it. */
function ofType(types: readonly string[], { terms }: QueryScope): SqlCondition {
  const numbers = types.flatMap((type) => terms.idOf(type) ?? [])
  return numbers.length === 0 ? NO_RECORD : { probe: oneOf('r.type', numbers) }
}

type Updated = Extract<Filter, { op: 'updated' }>

function updated({ prefix, start, end }: Updated, { type }: QueryScope): SqlCondition {
  const probe = sql`(${COMPARE_INSTANT[prefix]('r.at', start, end)})`
  if (type === undefined) return { probe }
  const rids = sql`SELECT rid FROM record INDEXED BY record_at WHERE type = ${type} AND (${COMPARE_INSTANT[prefix]('at', start, end)})`
  return { probe, source: { rids, exact: true, ordered: false } }
}

/** An instant, as the range [at, at + 1), against the searched range: search/prefix.ts. */
const COMPARE_INSTANT: { readonly [prefix in Prefix]: (at: string, start: number, end: number) => Sql } = {
  eq: (at, start, end) => sql`${raw(at)} >= ${start} AND ${raw(at)} < ${end}`,
  ne: (at, start, end) => sql`NOT (${raw(at)} >= ${start} AND ${raw(at)} < ${end})`,
  gt: (at, _start, end) => sql`${raw(at)} >= ${end}`,
  lt: (at, start) => sql`${raw(at)} < ${start}`,
  ge: (at, start, end) => sql`${raw(at)} >= ${Math.min(start, end)}`,
  le: (at, start, end) => sql`${raw(at)} < ${Math.max(start, end)}`,
  sa: (at, _start, end) => sql`${raw(at)} >= ${end}`,
  eb: (at, start) => sql`${raw(at)} < ${start}`,
  ap: (at, start, end) => sql`${raw(at)} >= ${start} AND ${raw(at)} < ${end}`,
}
