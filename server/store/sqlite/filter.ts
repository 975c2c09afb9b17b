/**
 * Conditions as SQL, one function for each. A condition can be asked in two ways: `probe` tests the record `r` at hand,
 * `source` lists the records for which it holds, from an index. query.ts chooses the source that lists fewest.
 * What they must answer is said by search/match.ts.
 */
import type { Filter, Prefix } from '../../search/query.ts'
import { KINDS } from './dictionary.ts'
import type { Dictionary } from './dictionary.ts'
import { anyOf, joined, raw, sql } from './sql.ts'
import type { Sql, Statements } from './sql.ts'

/**
 * A SELECT of `rid`, each once.
 * - exact: it lists the very records of the condition; else more, and the probe is still needed.
 * - ordered: it comes by rid from an index, so that a page need not read all of it.
 */
export type Source = { readonly rids: Sql; readonly exact: boolean; readonly ordered: boolean }
export type Condition = { readonly probe: Sql; readonly source?: Source }

/** Where conditions are compiled: the number of the type asked for, undefined for all types. */
export type Scope = { readonly type: number | undefined; readonly words: Dictionary; readonly statements: Statements }

type FilterOf<Op, One = Filter> = One extends { readonly op: infer Known } ? (Op extends Known ? One : never) : never
type Compile<Op> = (filter: FilterOf<Op>, scope: Scope) => Condition

export function compile(filter: Filter, scope: Scope): Condition {
  return CONDITIONS[filter.op](filter as never, scope)
}

const TRUE: Condition = { probe: raw('1') }
const NOTHING: Condition = {
  probe: raw('0'),
  source: { rids: raw('SELECT rid FROM record WHERE 0'), exact: true, ordered: true },
}

const CONDITIONS: { readonly [op in Filter['op']]: Compile<op> } = {
  and: ({ of }, scope) => {
    const parts = of.map((part) => compile(part, scope))
    const source = parts.find((part) => part.source)?.source
    const probe = parts.length === 0 ? TRUE.probe : sql`(${joined(probes(parts), ' AND ')})`
    return { probe, ...(source ? { source: { ...source, exact: source.exact && parts.length === 1 } } : {}) }
  },
  or: ({ of }, scope) => {
    const [first, ...rest] = of.map((part) => compile(part, scope))
    if (first === undefined) return NOTHING
    if (rest.length === 0) return first
    const parts = [first, ...rest]
    const probe = anyOf(probes(parts))
    const sources = parts.flatMap((part) => part.source ?? [])
    if (sources.length < parts.length || sources.length > MOST_UNITED) return { probe }
    const rids = sql`SELECT rid FROM (${joined(
      sources.map((source) => source.rids),
      ' UNION ',
    )})`
    return { probe, source: { rids, exact: sources.every((source) => source.exact), ordered: false } }
  },
  not: ({ of }, scope) => ({ probe: sql`NOT ${compile(of, scope).probe}` }),
  token: ({ param, system, code }, scope) => {
    const fields = fieldsOf(scope, 'token', param)
    const scoped = system ? (scope.words.word(system) ?? -1) : 0
    if (code === undefined && system === undefined) return among(fields, sql`v.kind = ${KINDS.token}`)
    if (code === undefined) return among(fields, sql`v.kind = 1 AND v.scope = ${scoped}`)
    const ofSystem = system === undefined ? raw('1') : sql`v.scope = ${scoped}`
    return listed(fields, values(scope, sql`v.kind = ${KINDS.token} AND v.text = ${code} AND ${ofSystem}`))
  },
  string: ({ param, how, value }, scope) => {
    const fields = fieldsOf(scope, 'string', param)
    // The literal kind lets SQLite use the partial index value_exact.
    if (how === 'exact') return listed(fields, values(scope, sql`v.kind = 2 AND v.exact = ${value}`))
    if (how === 'contains') return among(fields, sql`v.kind = ${KINDS.string} AND instr(v.text, ${value}) > 0`)
    return among(fields, sql`v.kind = ${KINDS.string} AND v.text >= ${value} AND v.text < ${value + LAST}`)
  },
  reference: ({ param, type, id }, scope) => {
    const ofType = type === undefined ? raw('1') : sql`v.scope = ${scope.words.word(type) ?? -1}`
    const vids = values(scope, sql`v.kind = ${KINDS.reference} AND v.text = ${id} AND ${ofType}`)
    return listed(fieldsOf(scope, 'reference', param), vids)
  },
  uri: ({ param, value }, scope) => {
    const vids = values(scope, sql`v.kind = ${KINDS.uri} AND v.text = ${value}`)
    return listed(fieldsOf(scope, 'uri', param), vids)
  },
  date: ({ param, prefix, start, end }, scope) => {
    const fields = fieldsOf(scope, 'date', param)
    if (fields.length === 0) return NOTHING
    const [inRow, inSpan] = [['(j.value ->> 0)', '(j.value ->> 1)'] as const, ['s.since', 's.until'] as const]
    const rids = sql`SELECT DISTINCT s.rid FROM span s WHERE ${oneOf('s.field', fields)} AND ${RANGES[prefix](...inSpan, start, end)}`
    return {
      probe: sql`EXISTS (SELECT 1 FROM ${facts(fields)} WHERE ${RANGES[prefix](...inRow, start, end)})`,
      source: { rids, exact: true, ordered: false },
    }
  },
  missing: ({ param }, scope) => {
    const fields = scope.words.fields().of({ type: scope.type, param })
    return fields.length === 0 ? TRUE : { probe: sql`NOT EXISTS (SELECT 1 FROM ${facts(fields)})` }
  },
  id: ({ ids }, { type }) => {
    const among = sql`id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`
    const probe = sql`r.${among}`
    if (type === undefined) return { probe }
    const rids = sql`SELECT rid FROM record INDEXED BY record_key WHERE type = ${type} AND ${among}`
    return { probe, source: { rids, exact: true, ordered: false } }
  },
  updated: ({ prefix, start, end }, { type }) => {
    const probe = sql`(${INSTANTS[prefix]('r.at', start, end)})`
    if (type === undefined) return { probe }
    const rids = sql`SELECT rid FROM record INDEXED BY record_at WHERE type = ${type} AND (${INSTANTS[prefix]('at', start, end)})`
    return { probe, source: { rids, exact: true, ordered: false } }
  },
}

/** SQLite unites at most 500 SELECTs. */
const MOST_UNITED = 400

/** Behind every text that begins with what stands before it. */
const LAST = '\u{10FFFF}'

const probes = (parts: readonly Condition[]): Sql[] => parts.map((part) => part.probe)

const fieldsOf = ({ type, words }: Scope, kind: keyof typeof KINDS, param: string): readonly number[] =>
  words.fields().of({ type, kind: KINDS[kind], param })

/** The numbers of the values `v` of which a condition is true. */
const values = ({ statements }: Scope, where: Sql): number[] =>
  statements.all<{ vid: number }>(`SELECT v.vid FROM value v WHERE ${where.text}`, ...where.args).map((row) => row.vid)

/** Records with one of these values in one of these fields. */
function listed(fields: readonly number[], vids: readonly number[]): Condition {
  if (fields.length === 0 || vids.length === 0) return NOTHING
  const where = sql`${oneOf('p.field', fields)} AND ${oneOf('p.value', vids)}`
  const single = fields.length === 1 && vids.length === 1
  return {
    probe: sql`EXISTS (SELECT 1 FROM posting p WHERE ${where} AND p.rid = r.rid)`,
    source: {
      rids: sql`SELECT ${raw(single ? '' : 'DISTINCT')} p.rid FROM posting p WHERE ${where}`,
      exact: true,
      ordered: single,
    },
  }
}

/** Records with some value `v` of which a condition is true, where these may be many. */
function among(fields: readonly number[], where: Sql): Condition {
  if (fields.length === 0) return NOTHING
  const rids = sql`SELECT DISTINCT p.rid FROM value v CROSS JOIN posting p ON p.value = v.vid
    WHERE ${where} AND ${oneOf('p.field', fields)}`
  return {
    probe: sql`EXISTS (SELECT 1 FROM ${facts(fields)} CROSS JOIN value v ON v.vid = j.value WHERE ${where})`,
    source: { rids, exact: true, ordered: false },
  }
}

function oneOf(column: string, numbers: readonly number[]): Sql {
  if (numbers.length === 1) return sql`${raw(column)} = ${numbers[0]!}`
  return sql`${raw(column)} IN (SELECT value FROM json_each(${JSON.stringify(numbers)}))`
}

/** What the record `r` says in these fields, as rows `j`. */
export function facts(fields: readonly number[]): Sql {
  const paths = fields.map((fid) => `$."${fid}"`)
  return sql`json_each(${JSON.stringify(paths)}) f CROSS JOIN json_each(r.facts, f.value) j`
}

type Compare<Names extends readonly string[]> = {
  readonly [prefix in Prefix]: (...given: [...names: Names, start: number, end: number]) => Sql
}

/**
 * A range [since, until) of a record against the range asked for, as search/match.ts says; each is written so that it
 * bounds `until` from below where it can, for the index. https://hl7.org/fhir/R4/search.html#prefix
 */
const RANGES: Compare<[since: string, until: string]> = {
  eq: (s, u, start, end) => sql`${raw(u)} >= ${start} AND ${raw(u)} <= ${end} AND ${raw(s)} >= ${start}`,
  ne: (s, u, start, end) => sql`NOT (${raw(s)} >= ${start} AND ${raw(u)} <= ${end})`,
  gt: (_s, u, _start, end) => sql`${raw(u)} > ${end}`,
  lt: (s, _u, start) => sql`${raw(s)} < ${start}`,
  ge: (s, u, start, end) => sql`${raw(u)} >= ${start} AND (${raw(u)} > ${end} OR ${raw(s)} >= ${start})`,
  le: (s, u, start, end) => sql`(${raw(s)} < ${start} OR ${raw(u)} <= ${end})`,
  sa: (s, u, _start, end) => sql`${raw(u)} >= ${end} AND ${raw(s)} >= ${end}`,
  eb: (_s, u, start) => sql`${raw(u)} <= ${start}`,
  ap: (s, u, start, end) => sql`${raw(u)} > ${start} AND ${raw(s)} < ${end}`,
}

/** The same for an instant, the range [at, at + 1). */
const INSTANTS: Compare<[at: string]> = {
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
