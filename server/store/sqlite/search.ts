/** Search: the page of a query, read from the search indexes and, as of a sequence, from what was superseded since. */
import { directedOrder, pageOf, positionOf } from '../../search/match.ts'
import type { SortPosition } from '../../search/match.ts'
import type { Audience, Query } from '../../search/query.ts'
import { fitting } from '../page-bytes.ts'
import type { Found, FoundVersion } from '../store.ts'
import { EVERY_STATE, formerStates, resolveAsOf } from './as-of.ts'
import type { FormerRange, FormerState } from './as-of.ts'
import { decodeAudience } from './audience.ts'
import type { ReadContext, Terms } from './terms.ts'
import { decodeEntries, entriesColumn, entriesOfText, loadValues } from './entries.ts'
import type { EncodedEntries } from './entries.ts'
import type { PageRow, QueryScope } from './condition.ts'
import { page, planOf, total } from './plan.ts'
import { lastCommit } from './read.ts'
import { ANY, CURRENT_COLUMNS, textSizes, versionOf } from './rows.ts'
import type { VersionRow } from './rows.ts'
import type { Statements } from './sql.ts'

/** `size`: of the text, in bytes; a long text is read when it is known to fit into the page. */
type CurrentRow = Omit<VersionRow, 'text'> & {
  readonly text: string | null
  readonly size: number
  readonly encoded?: string
}

/** A record of the result, as it is or as it was: its rid is its creation order. */
type Hit = SortPosition & ({ readonly row: CurrentRow } | FormerState)

/**
 * Finds records, one page of them.
 * @throws SequenceUnavailable
 */
export function find(requested: Query, needs: ReadContext): Found {
  const query = resolveAsOf(requested, needs.statements)
  const types = typesOf(query.type, needs.terms)
  const scope = scopeOf(types, needs)
  const plan = planOf(query, scope, types)
  const fields = query.withEntries && fieldsOf(query.withEntries, scope)
  const rows = plan !== undefined && query.limit > 0 ? page<CurrentRow>(query, plan, scope, columns(fields)) : []
  const former = formerStates(query, types, scope, rangeOf(query, rows))
  const hits = query.limit > 0 ? firstOf(query, rows.map(hitOf(query)), former) : []
  const { shown, ...links } = pageOf({ ...query, limit: fittingLimit(query, hits, needs.statements) }, hits)
  return {
    versions: versionsOf(shown, fields, needs),
    ...links,
    ...(links.next || links.previous ? { sequence: requested.asOf ?? lastCommit(needs.statements).sequence } : {}),
    ...(query.total === true ? { total: totalOf(query, scope, types) + former.length } : {}),
  }
}

/** The fields whose entries are answered. */
type AnsweredFields = readonly number[] | 'all' | undefined

const fieldsOf = (params: NonNullable<Query['withEntries']>, { type, terms }: QueryScope): AnsweredFields =>
  params === true ? 'all' : params.flatMap((param) => terms.fields().of({ type, param }))

function columns(fields: AnsweredFields): string {
  if (fields === undefined) return CURRENT_COLUMNS
  return `${CURRENT_COLUMNS}, ${entriesColumn(fields === 'all' ? undefined : fields)} AS encoded`
}

/** Counted by a plan of its own: what is best in the order of the page may not be best to count all. */
function totalOf({ sort: _, ...query }: Query, scope: QueryScope, types: readonly number[] | undefined): number {
  const plan = planOf(query, scope, types)
  return plan === undefined ? 0 : total(plan, scope.statements)
}

/** In creation order, a page takes former states only up to its last record; sorted or counted, all may matter. */
function rangeOf(query: Query, rows: readonly { readonly rid: number }[]): FormerRange {
  const { sort = [], total, after, limit, backward } = query
  if (sort.length > 0 || total === true || backward) return EVERY_STATE
  const from = after === undefined ? 0 : positionOf(after).creation
  return { from, upTo: rows.length > limit ? rows.at(-1)!.rid : Infinity, max: limit + 1 }
}

/** The numbers of the types; undefined for every type. One that no record has is 0. */
export function typesOf(type: Query['type'], terms: Terms): readonly number[] | undefined {
  if (type === '*') return undefined
  return (typeof type === 'string' ? [type] : type).map((name) => terms.idOf(name) ?? 0)
}

/** Of several types, the fields of each are searched. */
export function scopeOf(types: readonly number[] | undefined, { statements, terms }: ReadContext): QueryScope {
  if (types === undefined || types.length === 1) return { type: types?.[0], terms, statements }
  const fields = () => {
    const all = terms.fields()
    return { ...all, of: (ask: Parameters<typeof all.of>[0]) => all.of(ask).filter((fid) => isOf(all.get(fid))) }
  }
  const isOf = ({ type }: { readonly type: number }): boolean => types.includes(type)
  return { type: undefined, terms: { ...terms, fields }, statements }
}

const hitOf =
  ({ sort = [] }: Query) =>
  (row: PageRow & CurrentRow): Hit => ({
    creation: row.rid,
    values: sort.map((_, index) => row[`k${index}`] ?? null),
    row,
  })

/** The page and one record more, where there is one. */
function firstOf(query: Query, current: readonly Hit[], former: readonly Hit[]): readonly Hit[] {
  if (former.length === 0) return current
  const { after, limit } = query
  const compare = directedOrder(query)
  const beyond = after ? former.filter((hit) => compare(hit, positionOf(after)) > 0) : former
  return [...current, ...beyond].sort(compare).slice(0, limit + 1)
}

/** The limit of the page, or as many as have no more bytes than it may have. */
function fittingLimit({ limit, bytes }: Query, hits: readonly Hit[], statements: Statements): number {
  if (bytes === undefined || hits.length < 2 || limit < 2) return limit
  const former = hits.flatMap((hit) => ('seq' in hit ? hit.seq : []))
  const sizes = former.length === 0 ? NO_SIZES : textSizes(former, statements)
  const sizeOf = (hit: Hit): number => ('row' in hit ? hit.row.size : (sizes.get(hit.seq) ?? 0))
  return Math.min(fitting(hits.slice(0, limit).map(sizeOf), bytes), limit)
}

const NO_SIZES: ReadonlyMap<number, number> = new Map()

/** The versions of a page, in its order: one statement for those of former states and with long texts, one for entries. */
function versionsOf(hits: readonly Hit[], answered: AnsweredFields, needs: ReadContext): readonly FoundVersion[] {
  const { statements, terms } = needs
  const others = hits.flatMap((hit) => ('seq' in hit ? hit.seq : hit.row.text === null ? hit.row.seq : []))
  const rows = others.length === 0 ? [] : statements.all<VersionRow>(VERSIONS, JSON.stringify(others))
  const bySeq = new Map(rows.map((row) => [row.seq, row]))
  const audienceOf = audiences(terms)
  const versions = hits.map((hit) => {
    const row = 'row' in hit && isWhole(hit.row) ? hit.row : bySeq.get('seq' in hit ? hit.seq : hit.row.seq)!
    return versionOf(row, terms, audienceOf(row.audience))
  })
  if (answered === undefined) return versions
  const fields = answered === 'all' ? undefined : answered
  const encoded = hits.map((hit) =>
    'row' in hit ? entriesOfText(hit.row.encoded!, fields) : chosen(hit.encoded, fields),
  )
  const values = loadValues(encoded, terms)
  return versions.map((version, index) =>
    Object.assign(version, {
      entries: decodeEntries(encoded[index]!, terms, values),
      creation: hits[index]!.creation,
    }),
  )
}

const VERSIONS = `${ANY} WHERE v.seq IN (SELECT value FROM json_each(?))`

const isWhole = (row: CurrentRow): row is CurrentRow & VersionRow => row.text !== null

/** The records of a page have few audiences. */
function audiences(terms: Terms): (text: string) => readonly Audience[] {
  const decoded = new Map<string, readonly Audience[]>()
  return (text) => {
    const audience = decoded.get(text) ?? decodeAudience(text, terms)
    decoded.set(text, audience)
    return audience
  }
}

const chosen = (encoded: EncodedEntries, fields: readonly number[] | undefined): EncodedEntries =>
  fields === undefined ? encoded : new Map(fields.map((fid) => [fid, encoded.get(fid) ?? []]))
