/** Search: the page of a query, read from the search indexes and, as of a sequence, from what was superseded since. */
import { directedOrder, pageOf, positionOf } from '../../search/match.ts'
import type { SortPosition } from '../../search/match.ts'
import type { Query } from '../../search/query.ts'
import type { Found, FoundVersion } from '../store.ts'
import { fitting } from '../page-bytes.ts'
import { EVERY_STATE, formerStates, resolveAsOf } from './as-of.ts'
import type { FormerRange, FormerState } from './as-of.ts'
import type { ReadContext, Terms } from './terms.ts'
import { decodeEntries, entriesOfText, loadValues } from './entries.ts'
import type { QueryScope } from './condition.ts'
import { page, planOf, total } from './plan.ts'
import { lastCommit } from './read.ts'
import { ANY, CURRENT, CURRENT_INDEXED, versionOf } from './rows.ts'
import type { VersionRow } from './rows.ts'
import type { Statements } from './sql.ts'

/** A record of the result: its rid is its creation order. */
type Hit = SortPosition & Partial<FormerState>

/**
 * Finds records, one page of them.
 * @throws SequenceUnavailable
 */
export function find(requested: Query, needs: ReadContext): Found {
  const query = resolveAsOf(requested, needs.statements)
  const types = typesOf(query.type, needs.terms)
  const scope = scopeOf(types, needs)
  const plan = planOf(query, scope, types)
  const rows = plan !== undefined && query.limit > 0 ? page(query, plan, scope) : []
  const former = formerStates(query, types, scope, rangeOf(query, rows))
  const hits = query.limit > 0 ? firstOf(query, rows.map(hitOf), former) : []
  const { shown, ...links } = pageOf({ ...query, limit: fittingLimit(query, hits, needs.statements) }, hits)
  return {
    versions: versionsOf(shown, query.withEntries === true, needs),
    ...links,
    ...(links.next || links.previous ? { sequence: requested.asOf ?? lastCommit(needs.statements).sequence } : {}),
    ...(query.total === true ? { total: totalOf(query, scope, types) + former.length } : {}),
  }
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

const hitOf = ({ rid, ...keys }: ReturnType<typeof page>[number]): Hit => ({
  creation: rid,
  values: Object.values(keys),
})

/** The page and one record more, where there is one. */
function firstOf(query: Query, current: Hit[], former: readonly Hit[]): Hit[] {
  if (former.length === 0) return current
  const { after, limit } = query
  const compare = directedOrder(query)
  const beyond = after ? former.filter((hit) => compare(hit, positionOf(after)) > 0) : former
  return [...current, ...beyond].sort(compare).slice(0, limit + 1)
}

/** The limit of the page, or as many as have no more bytes than it may have. */
function fittingLimit({ limit, bytes }: Query, hits: readonly Hit[], { all }: Statements): number {
  if (bytes === undefined || hits.length < 2 || limit < 2) return limit
  const current = JSON.stringify(hits.flatMap(({ creation, seq }) => (seq === undefined ? [creation] : [])))
  const former = JSON.stringify(hits.flatMap(({ seq }) => seq ?? []))
  const rows = [
    ...(current === '[]' ? [] : all<SizeRow>(SIZES, current)),
    ...(former === '[]' ? [] : all<SizeRow>(FORMER_SIZES, former)),
  ]
  const sizes = new Map(rows.map(({ rid, size }) => [rid, size]))
  const fits = fitting(
    hits.slice(0, limit).map(({ creation }) => sizes.get(creation) ?? 0),
    bytes,
  )
  return Math.min(fits, limit)
}

type SizeRow = { readonly rid: number; readonly size: number }

type CurrentRow = VersionRow & { readonly encoded: string }

/** The versions of a page, in its order: one statement for the current ones, one for former ones, one for entries. */
function versionsOf(hits: readonly Hit[], withEntries: boolean, { statements, terms }: ReadContext): FoundVersion[] {
  const numbers = (of: (hit: Hit) => number | undefined): string => JSON.stringify(hits.flatMap((hit) => of(hit) ?? []))
  const current = numbers((hit) => (hit.seq === undefined ? hit.creation : undefined))
  const former = numbers((hit) => hit.seq)
  const rows = new Map(
    [
      ...(current === '[]'
        ? []
        : statements.all<CurrentRow>(`${withEntries ? CURRENT_INDEXED : CURRENT} WHERE r.rid ${AMONG}`, current)),
      ...(former === '[]' ? [] : statements.all<CurrentRow>(`${ANY} WHERE v.seq ${AMONG}`, former)),
    ].map((row) => [row.rid, row]),
  )
  if (!withEntries) return hits.map((hit) => versionOf(rows.get(hit.creation)!, terms))
  const encoded = hits.map((hit) => hit.encoded ?? entriesOfText(rows.get(hit.creation)!.encoded))
  const values = loadValues(encoded, terms)
  return hits.map((hit, index) => ({
    ...versionOf(rows.get(hit.creation)!, terms),
    entries: decodeEntries(encoded[index]!, terms, values),
  }))
}

const AMONG = 'IN (SELECT value FROM json_each(?))'
const SIZES = `SELECT r.rid, octet_length(v.text) AS size FROM record r JOIN version v ON v.seq = r.head WHERE r.rid ${AMONG}`
const FORMER_SIZES = `SELECT rid, octet_length(text) AS size FROM version WHERE seq ${AMONG}`
