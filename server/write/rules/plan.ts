/** Success plans: how they move, and at most one active per participant (hub-cp-6). */
import { aboutParticipant, type Filter } from '../../search/query.ts'
import { codeSystem } from '../../fhir/canonical.ts'
import { participantOf } from '../../domain/visibility/audience.ts'
import { checkOneActive, checkPlan, isActiveSuccessPlan } from '../../domain/plan/rules.ts'
import type { PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import type { RuleTables } from '../rule-tables.ts'
import type { Rule, RuleResult } from './rule.ts'

type PlanTables = Pick<RuleTables, 'visibility'>

export const planRules = (tables: PlanTables): readonly Rule[] => [
  { types: ['CarePlan'], check: ({ before, after }) => ({ issues: after ? checkPlan(before, after) : [] }) },
  { types: ['CarePlan'], check: (change, state) => isOnlyActive(tables, change, state) },
]

async function isOnlyActive(
  { visibility }: PlanTables,
  { after }: PreparedChange,
  state: PendingState,
): Promise<RuleResult> {
  if (!after || !isActiveSuccessPlan(after)) return {}
  const where = activePlans(participantOf(visibility, after) ?? '')
  const issues = checkOneActive(after, await state.find('CarePlan', where))
  const written = state.changes.filter((one) => one.key.type === 'CarePlan').map((one) => one.key.id)
  const others: Filter = { op: 'and', of: [where, { op: 'not', of: { op: 'id', ids: written } }] }
  return { issues, guards: [{ none: state.view.query({ type: 'CarePlan', where: others, limit: 1 }) }] }
}

const activePlans = (participant: string): Filter => ({
  op: 'and',
  of: [
    aboutParticipant(participant),
    { op: 'token', param: 'status', code: 'active' },
    { op: 'token', param: 'category', system: codeSystem('plan-category'), code: 'success-plan' },
  ],
})
