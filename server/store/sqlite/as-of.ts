/**
 * Searches as of a sequence. The search indexes hold current entries: they answer for the records that did not change
 * after it. How the others were found is kept in `superseded`; there are few for a recent sequence, and each is matched
 * as in memory.
 */
import { match, sortValues } from '../../search/match.ts'
import type { SortPosition } from '../../search/match.ts'
import type { Query } from '../../search/query.ts'
import { knowsAllVersions } from '../first-versions.ts'
import { SequenceUnavailable } from '../errors.ts'
import type { EncodedEntries } from './entries.ts'
import { decodeEntries, entriesOfText, loadValues } from './entries.ts'
import { oneOf } from './condition.ts'
import type { QueryScope } from './condition.ts'
import { KNOWABLE_COLUMNS, KNOWABLE_JOINS, versionFilter, type KnowableRow } from './knowable.ts'
import { lastCommit } from './read.ts'
import { ROOM, visibleTo } from './rows.ts'
import { limitOf, raw, sql } from './sql.ts'
import type { Sql, Statements } from './sql.ts'
import { timeLimitOf } from './time-limit.ts'

/** A record that changed after the sequence, as it was then. */
export type FormerState = SortPosition & { readonly seq: number; readonly encoded: EncodedEntries }

/**
 * The query without `asOf` where that is the present.
 * @throws SequenceUnavailable
 */
export function resolveAsOf({ asOf, ...query }: Query, statements: Statements): Query {
  if (asOf === undefined) return query
  const last = lastCommit(statements).sequence
  if (asOf === last) return query
  const first = statements.get<{ value: number }>(SEARCHABLE_FROM)!.value
  if (asOf < first || asOf > last) throw new SequenceUnavailable(asOf, { first, last })
  return { ...query, asOf }
}

/** The condition that the record `r` is found now as it was after the sequence. */
export const unchangedSince = (asOf: number): Sql =>
  sql`r.head < ${(asOf + 1) * ROOM} AND (r.reindexed IS NULL OR r.reindexed <= ${asOf})`

type FormerRow = {
  readonly rid: number
  readonly seq: number
  readonly at: number
  readonly deleted: 0 | 1
  readonly type: number
  readonly id: string
  readonly encoded: string
} & KnowableRow

/** Which former states are of interest: of records after `from` and up to `upTo` in creation order, at most `max`. */
export type FormerRange = { readonly from: number; readonly upTo: number; readonly max: number }

export const EVERY_STATE: FormerRange = { from: 0, upTo: Infinity, max: Infinity }

/** Records read at once. */
const CHUNK = 500

/**
 * The records that changed after `query.asOf` and matched before, in creation order; none without `asOf`.
 * @param types the numbers of the types of the query; undefined for every type
 */
export function formerStates(
  query: Query,
  types: readonly number[] | undefined,
  scope: QueryScope,
  { from, upTo, max }: FormerRange,
): readonly FormerState[] {
  const { asOf } = query
  if (asOf === undefined) return []
  const states: FormerState[] = []
  for (let after = from; ;) {
    const { text, args } = changedSince({ ...query, asOf }, types, scope, [after, upTo])
    timeLimitOf(scope.statements.db).check()
    const rows = scope.statements.all<FormerRow>(text, ...args)
    const shown = knowsAllVersions(query.viewer) ? rows : rows.filter(versionFilter(query.viewer, scope.terms))
    states.push(...matching(query, shown, scope))
    if (rows.length < CHUNK || states.length >= max) return states
    after = rows.at(-1)!.rid
  }
}

/** Each record as it was before its first change after the sequence. */
function changedSince(
  { asOf, deleted, viewer }: Query & { readonly asOf: number },
  types: readonly number[] | undefined,
  { terms }: QueryScope,
  [from, upTo]: readonly [from: number, upTo: number],
): Sql {
  const ofTypes = types === undefined ? raw('1') : oneOf('r.type', types)
  return sql`
    WITH changed AS (
      SELECT rid, min(until) AS until FROM superseded
      WHERE until > ${asOf} AND rid > ${from} AND rid <= ${upTo} GROUP BY rid ORDER BY rid
    )
    SELECT s.rid, s.seq, s.at, s.deleted, r.type, r.id, json(s.entries) AS encoded,
      v.version, v.author, ${raw(KNOWABLE_COLUMNS)}
    FROM changed CROSS JOIN superseded s ON s.until = changed.until AND s.rid = changed.rid
    CROSS JOIN record r ON r.rid = s.rid CROSS JOIN version v ON v.seq = s.seq ${raw(KNOWABLE_JOINS)}
    WHERE s.seq < ${(asOf + 1) * ROOM} AND ${raw(deleted === true ? '1' : 's.deleted = 0')}
    AND ${ofTypes} AND ${visibleTo(viewer, terms)}
    ORDER BY changed.rid ${limitOf(CHUNK)}`
}

function matching({ where, sort = [] }: Query, rows: readonly FormerRow[], { terms }: QueryScope): FormerState[] {
  const states = rows.map((row) => ({ ...row, encoded: entriesOfText(row.encoded) }))
  const values = loadValues(
    states.map(({ encoded }) => encoded),
    terms,
  )
  return states.flatMap(({ rid, seq, at, type, id, encoded }) => {
    const record = { type: terms.text(type), id, at, entries: decodeEntries(encoded, terms, values) }
    return match(where, record) ? [{ creation: rid, seq, encoded, values: sortValues(sort, record) }] : []
  })
}

const SEARCHABLE_FROM = "SELECT value FROM counter WHERE name = 'searchable-from'"
