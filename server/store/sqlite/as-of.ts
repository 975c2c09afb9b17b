/**
 * Searches as of a sequence. The search indexes hold current entries: they answer for the records that did not change
 * after it. How the others were found is kept in `superseded`; there are few for a recent sequence, and each is matched
 * as in memory.
 */
import { match, order, sortValues } from '../../search/match.ts'
import type { SortPosition } from '../../search/match.ts'
import type { Query } from '../../search/query.ts'
import { SequenceUnavailable } from '../store.ts'
import type { EncodedEntries } from './entries.ts'
import { decodeEntries, loadValues } from './entries.ts'
import { oneOf } from './condition.ts'
import type { QueryScope } from './condition.ts'
import { lastCommit } from './read.ts'
import { ROOM, visibleTo } from './rows.ts'
import { raw, sql } from './sql.ts'
import type { Sql, Statements } from './sql.ts'

/** A record that changed after the sequence, as it was then. */
export type FormerState = SortPosition & { readonly seq: number; readonly encoded: EncodedEntries }

/**
 * The query without `asOf` where that is the present.
 * @throws SequenceUnavailable
 */
export function resolveAsOf({ asOf, ...query }: Query, statements: Statements): Query {
  if (asOf === undefined) return query
  const last = lastCommit(statements).sequence
  const first = statements.get<{ value: number }>(SEARCHABLE_FROM)!.value
  if (asOf < first || asOf > last) throw new SequenceUnavailable(asOf, { first, last })
  return asOf === last ? query : { ...query, asOf }
}

/** The condition that the record `r` is found now as it was after the sequence. */
export const unchangedSince = (asOf: number): Sql =>
  sql`r.head < ${(asOf + 1) * ROOM} AND (r.reindexed IS NULL OR r.reindexed <= ${asOf})`

type Row = {
  readonly rid: number
  readonly seq: number
  readonly at: number
  readonly deleted: 0 | 1
  readonly id: string
  readonly encoded: string
}

/** All records that changed after `query.asOf` and matched before, in the order of the query; none without `asOf`. */
export function formerStates(query: Query, types: readonly number[] | undefined, scope: QueryScope): FormerState[] {
  const { asOf, viewer, where, sort = [] } = query
  if (asOf === undefined) return []
  const { terms, statements } = scope
  const ofTypes = types === undefined ? raw('1') : oneOf('r.type', types)
  const { text, args } = sql`
    WITH changed AS (SELECT rid, min(until) AS until FROM superseded WHERE until > ${asOf} GROUP BY rid)
    SELECT s.rid, s.seq, s.at, s.deleted, r.id, json(s.entries) AS encoded
    FROM changed CROSS JOIN superseded s ON s.until = changed.until AND s.rid = changed.rid
    CROSS JOIN record r ON r.rid = s.rid
    WHERE s.seq < ${(asOf + 1) * ROOM} AND ${query.deleted === true ? raw('1') : raw('s.deleted = 0')}
    AND ${ofTypes} AND ${visibleTo(viewer, terms)}`
  const rows = statements
    .all<Row>(text, ...args)
    .map((row) => ({ ...row, encoded: JSON.parse(row.encoded) as EncodedEntries }))
  const values = loadValues(
    rows.map(({ encoded }) => encoded),
    statements,
  )
  return rows
    .map(({ rid, seq, at, id, encoded }) => ({
      rid,
      seq,
      encoded,
      record: { id, at, entries: decodeEntries(encoded, terms, values) },
    }))
    .filter(({ record }) => match(where, record))
    .map(({ rid, seq, encoded, record }) => ({ creation: rid, seq, encoded, values: sortValues(sort, record) }))
    .sort(order(sort))
}

const SEARCHABLE_FROM = "SELECT value FROM counter WHERE name = 'searchable-from'"
