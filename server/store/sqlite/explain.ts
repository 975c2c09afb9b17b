/**
 * How a query is answered: which list its records are read from, what each is tested by, and how many are read. The query
 * is run for it. Only records that the viewer may know of are counted, also where lists are compared: the figures are
 * those of a store that has no others.
 */
import { conjuncts } from '../../search/query.ts'
import type { Query } from '../../search/query.ts'
import type { ExplainedRead, Explanation, TestedCondition } from '../explanation.ts'
import { resolveAsOf } from './as-of.ts'
import { EVERY_RECORD } from './condition.ts'
import type { QueryScope, SqlCondition } from './condition.ts'
import { compile } from './filter.ts'
import { assemble, implicitConditions, fewest, isInOrder, page, testsOf, total, visibility, walkedIn } from './plan.ts'
import { visibleTo } from './rows.ts'
import { rowCounterOf } from './row-counter.ts'
import { scopeOf, typesOf } from './search.ts'
import { joined, limitOf, sql } from './sql.ts'
import type { ReadContext } from './terms.ts'
import { inTime } from './time-limit.ts'

/** @throws SequenceUnavailable */
export function explain(requested: Query, needs: ReadContext): Explanation {
  const start = performance.now()
  const query = resolveAsOf(requested, needs.statements)
  const types = typesOf(query.type, needs.terms)
  const scope = scopeOf(types, needs)
  const reads: ExplainedRead[] = []
  if (query.limit > 0) reads.push(explainRead('page', query, scope, types))
  const { sort: _, ...counted } = query
  if (query.total === true) reads.push(explainRead('total', counted, scope, types))
  return { reads, thread: needs.thread === true, ms: performance.now() - start }
}

type Labelled = { readonly of: TestedCondition; readonly condition: SqlCondition }

function explainRead(
  purpose: ExplainedRead['purpose'],
  query: Query,
  scope: QueryScope,
  types: readonly number[] | undefined,
): ExplainedRead {
  const labelled = conditionsOf(query, scope, types)
  const conditions = labelled.map(({ condition }) => condition)
  const walked = walkedIn(query, scope)
  const lists = new Map<SqlCondition, { readonly records: number; readonly more?: true }>()
  const driver = fewest(conditions, isInOrder(query, walked), scope.statements, (condition, round) => {
    const records = countVisible(condition, round, query, scope)
    lists.set(condition, { records, ...(records === round ? { more: true } : {}) })
    return records
  })
  const counter = rowCounterOf(scope.statements.db)
  const [clock, ...tests] = testsOf(conditions, driver)
  const rest = joined([EVERY_RECORD.probe, ...tests], ' AND ')
  // CASE keeps the order, which AND does not: only what is visible is counted.
  const ofVisible = sql`CASE WHEN ${counter.probe} THEN (${rest}) ELSE 0 END`
  const counted = sql`${clock!} AND CASE WHEN ${visibleTo(query.viewer, scope.terms)} THEN ${ofVisible} ELSE 0 END`
  const plan = assemble(scope, { driver, walked }, counted)
  const read = counter.during(() =>
    purpose === 'page' ? page(query, plan, scope, 'v.seq') : total(plan, scope.statements),
  )
  const from = labelled.find(({ condition }) => condition === driver)
  return {
    purpose,
    from: from ? { kind: 'list', of: from.of } : walkedFrom(query, plan.walked),
    lists: labelled.flatMap(({ of, condition }) => {
      const counts = lists.get(condition)
      return counts ? [{ of, ...counts }] : []
    }),
    tests: labelled.filter(({ condition }) => condition !== driver || !condition.source!.exact).map(({ of }) => of),
    read,
  }
}

const walkedFrom = ({ sort = [] }: Query, walked: number | undefined): ExplainedRead['from'] =>
  walked === undefined ? { kind: 'every' } : { kind: 'order', param: sort[0]!.param }

/** Also those that no record meets: who may not know of records cannot tell whether there are any. */
function conditionsOf(query: Query, scope: QueryScope, types: readonly number[] | undefined): readonly Labelled[] {
  const own = conjuncts(query.where).map((of): Labelled => ({ of, condition: { ...compile(of, scope) } }))
  const byViewer: Labelled = { of: { op: 'visible' }, condition: visibility(query.viewer, scope) }
  const labels: readonly TestedCondition[] = [
    ...(query.deleted === true ? [] : [{ op: 'not-deleted' as const }]),
    ...(query.asOf === undefined ? [] : [{ op: 'unchanged' as const }]),
    { op: 'type', types: typeof query.type === 'string' ? [query.type] : query.type },
  ]
  const others = implicitConditions(query, scope, types).map((condition, index) => ({ of: labels[index]!, condition }))
  return [...own, byViewer, ...others]
}

function countVisible({ source }: SqlCondition, round: number, { viewer }: Query, scope: QueryScope): number {
  const listed = sql`SELECT 1 FROM (${source!.rids}) d CROSS JOIN record r ON r.rid = d.rid
    WHERE ${inTime('r.rid')} AND ${visibleTo(viewer, scope.terms)} ${limitOf(round)}`
  const { text, args } = sql`SELECT count(*) AS n FROM (${listed})`
  return scope.statements.get<{ n: number }>(text, ...args)!.n
}
