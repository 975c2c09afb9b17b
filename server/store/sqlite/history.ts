/**
 * The history of one record, of types or of everything: the log, read in either direction. It is read in slices, so that a
 * history of which the viewer may know little never holds the event loop.
 */
import { setImmediate } from 'node:timers/promises'
import { EVERYONE } from '../../search/query.ts'
import type { Viewer } from '../../search/query.ts'
import type { CommitRequest, FoundHistory, HistoryPage, HistoryPosition, HistoryScope } from '../store.ts'
import { fitting } from '../page-bytes.ts'
import { oneOf } from './condition.ts'
import { KNOWABLE_COLUMNS, KNOWABLE_JOINS, versionFilter, type KnowableRow } from './knowable.ts'
import { firstAt } from './read.ts'
import { ANY_REQUESTED, METHODS, ROOM, sequenceOf, textSizes, versionOf } from './rows.ts'
import type { VersionRow } from './rows.ts'
import { limitOf, raw, sql } from './sql.ts'
import type { Sql, Statements } from './sql.ts'
import type { ReadContext, Terms } from './terms.ts'

/** Versions looked at in one turn of the event loop: some 5 ms. */
const SLICE = 500

/** An agency that knows at most so many records reads their versions; of one that knows more the log is read. */
const FEW = 1_000

type Row = KnowableRow & {
  readonly seq: number
  readonly at: number
  readonly method: number
  readonly type: number
}

export async function history(
  scope: HistoryScope,
  viewer: Viewer,
  page: HistoryPage,
  needs: ReadContext,
): Promise<FoundHistory> {
  const { limit, total = false, after } = page
  const source = sourceOf(scope, viewer, needs)
  let range = rangeOf(page, needs.statements)
  const begin = after && numberOf(after)
  const found: number[] = []
  let count = 0
  for (;;) {
    const rows = slice(source, range, page.oldestFirst === true, needs)
    const mayKnow = versionFilter(viewer, needs.terms)
    for (const row of rows) {
      if (!source.has(row.type) || !isIn(row, page) || !mayKnow(row)) continue
      count += 1
      if (isBeyond(row.seq, begin, page) && found.length <= limit) found.push(row.seq)
    }
    if (rows.length < SLICE || (!total && found.length > limit)) break
    const last = rows.at(-1)!.seq
    range = page.oldestFirst ? { ...range, from: last + 1 } : { ...range, to: last }
    await setImmediate()
  }
  const shown = found.slice(0, Math.min(limit, fittingLimit(found, page, needs.statements)))
  return {
    versions: versionsOf(shown, needs),
    positions: shown.map(positionOf),
    more: found.length > shown.length,
    ...(total ? { total: count } : {}),
  }
}

/** The numbers `seq` of versions from `from` to before `to`. */
type Range = { readonly from: number; readonly to: number }

/** What the page says of the log. A total counts what comes before the page, too. */
function rangeOf(page: HistoryPage, statements: Statements): Range {
  const { after, since, before, upTo, currentIn, oldestFirst = false, total = false } = page
  const begin = after === undefined || total ? undefined : numberOf(after)
  const ends = [before, currentIn?.end].flatMap((at) => (at === undefined ? [] : [firstAt(at, statements) * ROOM]))
  if (upTo !== undefined) ends.push((upTo + 1) * ROOM)
  if (begin !== undefined && !oldestFirst) ends.push(begin)
  const starts = since === undefined ? [0] : [firstAt(since, statements) * ROOM]
  if (begin !== undefined && oldestFirst) starts.push(begin + 1)
  return { from: Math.max(...starts), to: Math.min(...ends, Number.MAX_SAFE_INTEGER) }
}

const isBeyond = (seq: number, begin: number | undefined, { oldestFirst }: HistoryPage): boolean =>
  begin === undefined || (oldestFirst ? seq > begin : seq < begin)

/**
 * Where the versions of a scope are read: `ofRange` selects their numbers (`seq`) in a range, in the order of the log; `has`
 * tests the type of a row, where the numbers are those of other types, too.
 */
type Source = {
  readonly ofRange: (range: Range, direction: Sql) => Sql
  readonly has: (type: number) => boolean
}

/** Of records of which the viewer knows few, their versions; else the log of the type, or the whole log. */
function sourceOf(scope: HistoryScope, viewer: Viewer, { statements, terms }: ReadContext): Source {
  if (typeof scope === 'object' && 'id' in scope) {
    const record = statements.get<{ rid: number }>(RID, terms.idOf(scope.type) ?? 0, scope.id)
    return { ofRange: versionsIn(sql`rid = ${record?.rid ?? 0}`), has: () => true }
  }
  const types = scope === '*' ? undefined : new Set([scope].flat().map((name) => terms.idOf(name) ?? 0))
  const has = (type: number): boolean => types?.has(type) ?? true
  const few = viewer === 'unrestricted' ? undefined : fewRecordsOf(terms, statements, viewer.agency, types)
  if (few !== undefined) {
    const list = JSON.stringify(few)
    return { ofRange: versionsIn(sql`rid IN (SELECT value FROM json_each(${list}))`), has }
  }
  const [only] = types ?? []
  return { ofRange: types?.size === 1 ? versionsOfType(only!) : versionsIn(raw('1')), has }
}

const RID = 'SELECT rid FROM record WHERE type = ? AND id = ?'

/** The records that the agency may know of, now or once, if they are few. */
function fewRecordsOf(
  terms: Terms,
  { all }: Statements,
  agency: string,
  types: ReadonlySet<number> | undefined,
): readonly number[] | undefined {
  const agencies = oneOf('agency', [terms.idOf(EVERYONE) ?? 0, terms.idOf(agency) ?? 0])
  const ofTypes = types === undefined ? raw('1') : oneOf('type', [...types])
  const { text, args } = sql`SELECT rid FROM audience WHERE ${agencies} AND ${ofTypes} AND n = 0 ${limitOf(FEW + 1)}`
  const rows = all<{ rid: number }>(text, ...args)
  return rows.length > FEW ? undefined : [...new Set(rows.map(({ rid }) => rid))]
}

const versionsIn =
  (condition: Sql): Source['ofRange'] =>
  ({ from, to }, direction) =>
    sql`SELECT seq FROM version WHERE ${condition} AND seq >= ${from} AND seq < ${to} ORDER BY seq ${direction} ${limitOf(SLICE)}`

const versionsOfType =
  (type: number): Source['ofRange'] =>
  ({ from, to }, direction) => sql`
    SELECT (sequence << 20) + n AS seq FROM version_type WHERE type = ${type}
    AND (sequence, n) >= (${sequenceOf(from)}, ${from % ROOM}) AND (sequence, n) < (${sequenceOf(to)}, ${to % ROOM})
    ORDER BY sequence ${direction}, n ${direction} ${limitOf(SLICE)}`

function slice({ ofRange }: Source, range: Range, oldestFirst: boolean, { statements }: ReadContext): Row[] {
  const direction = raw(oldestFirst ? 'ASC' : 'DESC')
  const { text, args } = sql`
    SELECT v.seq, v.rid, v.version, v.author, v.method, r.type, c.at, ${raw(KNOWABLE_COLUMNS)}
    FROM (${ofRange(range, direction)}) h CROSS JOIN version v ON v.seq = h.seq CROSS JOIN record r ON r.rid = v.rid
    CROSS JOIN commits c ON c.sequence = v.seq >> 20 ${raw(KNOWABLE_JOINS)}
    ORDER BY v.seq ${direction}`
  return statements.all<Row>(text, ...args)
}

/** What the range does not say: a version that ended before the period. */
function isIn({ at, method, replacedAt }: Row, { currentIn }: HistoryPage): boolean {
  if (currentIn === undefined) return true
  const end = METHODS[method] === 'DELETE' ? at + 1 : (replacedAt ?? Infinity)
  return at < currentIn.end && end > currentIn.start
}

/** As many as have no more bytes than the page may have. */
function fittingLimit(numbers: readonly number[], { bytes, limit }: HistoryPage, statements: Statements): number {
  if (bytes === undefined || numbers.length < 2) return limit
  const sizes = textSizes(numbers, statements)
  return fitting(
    numbers.map((number) => sizes.get(number) ?? 0),
    bytes,
  )
}

/** In the order of the numbers. */
function versionsOf(
  numbers: readonly number[],
  { statements, terms }: ReadContext,
): FoundHistory['versions'][number][] {
  if (numbers.length === 0) return []
  const rows = statements.all<VersionRow & RequestRow>(
    `${ANY_REQUESTED} WHERE v.seq IN (SELECT value FROM json_each(?))`,
    JSON.stringify(numbers),
  )
  const bySeq = new Map(rows.map((row) => [row.seq, { ...versionOf(row, terms), ...requestOf(row, terms) }]))
  return numbers.map((number) => bySeq.get(number)!)
}

type RequestRow = { readonly request: string | null; readonly requester: number | null }

const requestOf = ({ request: id, requester }: RequestRow, terms: Terms): { readonly request?: CommitRequest } =>
  id === null || requester === null ? {} : { request: { id, agency: terms.text(requester) } }

const numberOf = ([sequence, index]: HistoryPosition): number => sequence * ROOM + index
const positionOf = (seq: number): HistoryPosition => [sequenceOf(seq), seq % ROOM]
