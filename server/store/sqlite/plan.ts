/**
 * A query as SQL: the conditions of `where` and of the viewer. One of them is read from an index (the one that lists
 * fewest records), the others are tested record by record.
 */
import type { Query } from '../../search/query.ts'
import { conjuncts, EVERYONE } from '../../search/query.ts'
import { unchangedSince } from './as-of.ts'
import { NO_RECORD, oneOf } from './condition.ts'
import type { PageRow, QueryPlan, SqlCondition, QueryScope } from './condition.ts'
import { compile } from './filter.ts'
import { after, before, keyColumns, orderBy } from './sort.ts'
import { walkedField, walkSql } from './sorted-walk.ts'
import { visibleTo } from './rows.ts'
import { joined, limitOf, raw, sql } from './sql.ts'
import type { Sql, Statements } from './sql.ts'
import { inTime, timeLimitOf } from './time-limit.ts'

/** The page as SQL, one statement after the other until it is full; for `find` and for tests of its query plan. */
export function pageSql(query: Query, plan: QueryPlan, scope: QueryScope): readonly Sql[] {
  const { sort = [], after: cursor, limit, backward } = query
  const { from, rid, where, walked } = plan
  if (walked !== undefined) return walkSql(query, plan, scope, walked)
  if (sort.length === 0) {
    const [comparison, direction] = backward ? [raw('<'), raw('DESC')] : [raw('>'), raw('ASC')]
    const later = cursor === undefined ? raw('1') : sql`${raw(rid)} ${comparison} ${cursor.at(-1) ?? 0}`
    return [
      sql`SELECT ${raw(rid)} AS rid FROM ${from} WHERE ${later} AND ${where} ORDER BY ${raw(rid)} ${direction} ${limitOf(limit + 1)}`,
    ]
  }
  const beyond = cursor === undefined ? raw('1') : backward ? before(sort, cursor) : after(sort, cursor)
  const sorted = sql`SELECT ${raw(rid)} AS rid${keyColumns(sort, scope)} FROM ${from} WHERE ${where}`
  return [
    sql`SELECT * FROM (${sorted}) WHERE ${beyond} ORDER BY ${orderBy(sort, backward === true)} ${limitOf(limit + 1)}`,
  ]
}

/**
 * The page and one record more, where there is one, with these columns of each record `r` and its current version `v`. A
 * CROSS JOIN leaves the order as it is. https://sqlite.org/optoverview.html#crossjoin
 */
export function page<Columns>(query: Query, plan: QueryPlan, scope: QueryScope, columns: string) {
  const rows: (PageRow & Columns)[] = []
  for (const { text, args } of pageSql(query, plan, scope)) {
    if (rows.length > query.limit) break
    const withColumns = `SELECT found.*, ${columns} FROM (${text}) found CROSS JOIN record r ON r.rid = found.rid CROSS JOIN version v ON v.seq = r.head`
    rows.push(...scope.statements.all<PageRow & Columns>(withColumns, ...args))
  }
  return rows.slice(0, query.limit + 1)
}

export function total({ from, where }: QueryPlan, { get }: Statements): number {
  const { text, args } = sql`SELECT count(*) AS total FROM ${from} WHERE ${where}`
  return get<{ total: number }>(text, ...args)!.total
}

/**
 * @param types the numbers of the types of the query, where they are several
 * @returns undefined where no record can match, such as for a value that no record has: then nothing need be read
 */
export function planOf(query: Query, scope: QueryScope, types?: readonly number[]): QueryPlan | undefined {
  const conditions: SqlCondition[] = []
  for (const part of conjuncts(query.where)) {
    const condition = compile(part, scope)
    if (condition === NO_RECORD) return undefined
    conditions.push(condition)
  }
  conditions.push(visibility(query.viewer, scope), ...implicitConditions(query, scope, types))
  const walked = walkedIn(query, scope)
  const driver = fewest(conditions, isInOrder(query, walked), scope.statements)
  return assemble(scope, { driver, walked }, joined(testsOf(conditions, driver), ' AND '))
}

/** What is tested in every query beside its own conditions and the viewer. */
export function implicitConditions(
  { deleted, asOf }: Query,
  scope: QueryScope,
  types: readonly number[] | undefined,
): readonly SqlCondition[] {
  const conditions: SqlCondition[] = []
  if (deleted !== true) conditions.push({ probe: raw('r.deleted = 0') })
  if (asOf !== undefined) conditions.push({ probe: unchangedSince(asOf) })
  if (scope.type === undefined && types !== undefined) conditions.push({ probe: oneOf('r.type', types) })
  return conditions
}

/** The field in whose order a page can be read. The index is walked forward only; a page before another one is rare, and sorted. */
export const walkedIn = ({ backward, sort = [] }: Query, scope: QueryScope): number | undefined =>
  backward ? undefined : walkedField(sort, scope)

/** Is a page found in the order of the result without a sort? */
export const isInOrder = ({ sort }: Query, walked: number | undefined): boolean =>
  walked !== undefined || sort?.[0]?.kind === 'updated'

/** The probes that are left to test where records are read from the source of one condition. */
export const testsOf = (conditions: readonly SqlCondition[], driver: SqlCondition | undefined): readonly Sql[] => [
  inTime('r.rid'),
  ...conditions.filter((one) => one !== driver || !one.source!.exact).map(({ probe }) => probe),
]

type Reading = { readonly driver: SqlCondition | undefined; readonly walked: number | undefined }

export function assemble(scope: QueryScope, { driver, walked }: Reading, tests: Sql): QueryPlan {
  if (driver) {
    return { from: sql`(${driver.source!.rids}) d CROSS JOIN record r ON r.rid = d.rid`, rid: 'd.rid', where: tests }
  }
  const ofType = scope.type === undefined ? raw('1') : sql`r.type = ${scope.type}`
  const whole = { from: raw('record r'), rid: 'r.rid', where: sql`${ofType} AND ${tests}` }
  return walked === undefined ? whole : { ...whole, walked }
}

/** Visibility as a condition. An agency's own list is a source only where nothing of the type is open to everyone. */
export function visibility(viewer: Query['viewer'], { type, terms, statements }: QueryScope): SqlCondition {
  const probe = visibleTo(viewer, terms)
  if (viewer === 'unrestricted' || type === undefined) return { probe }
  const open = statements.get('SELECT 1 FROM audience WHERE agency = ? AND type = ?', terms.idOf(EVERYONE) ?? 0, type)
  if (open !== undefined) return { probe }
  const rids = sql`SELECT rid FROM audience WHERE agency = ${terms.idOf(viewer.agency) ?? 0} AND type = ${type} AND n = 0`
  return { probe, source: { rids, exact: false, ordered: true } }
}

/** Up to these numbers of records the sources are counted, all of them, until one is found to be shorter. */
const ROUNDS = [100, 1_000, 10_000, 100_000]

/** To read so many records takes no longer than to count the other sources. */
const FEW = 10

/** Where an index gives a page in the order of the result at once, only a short list is better. */
const ROUNDS_IN_ORDER = [100, 1_000]

/**
 * The condition whose source lists fewest. Counting costs a small multiple of the shortest list, so that no search
 * reads a long list where there is a short one. Where all are long: one that comes in the order of the result (a page
 * stops early), or none.
 */
export function fewest(
  conditions: readonly SqlCondition[],
  resultInOrder: boolean,
  statements: Statements,
  countUpTo: CountUpTo = count,
): SqlCondition | undefined {
  const indexed = conditions.filter((condition) => condition.source)
  const inOrder = resultInOrder ? undefined : indexed.find(({ source }) => source!.ordered)
  if (indexed.length === 0 || (indexed.length === 1 && inOrder)) return inOrder
  for (const round of resultInOrder ? ROUNDS_IN_ORDER : ROUNDS) {
    timeLimitOf(statements.db).check()
    const counts: number[] = []
    for (const one of indexed) {
      const listed = countUpTo(one, round, statements)
      if (listed <= FEW) return one
      counts.push(listed)
    }
    const least = Math.min(...counts)
    if (least < round) return indexed[counts.indexOf(least)]
  }
  return inOrder
}

/** How many records the source of a condition lists, up to a number. */
export type CountUpTo = (condition: SqlCondition, round: number, statements: Statements) => number

const count: CountUpTo = ({ source }, round, { get }) => {
  const { text, args } = sql`SELECT count(*) AS n FROM (${source!.rids} ${limitOf(round)})`
  return get<{ n: number }>(text, ...args)!.n
}
