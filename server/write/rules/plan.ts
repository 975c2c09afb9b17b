/** Success plans: how they move, and at most one active per participant (hub-cp-6). */
import { PARTICIPANT, type Filter } from '../../search/query.ts'
import { codeSystem } from '../../fhir/canonical.ts'
import { participantOf } from '../../domain/visibility/audience.ts'
import { checkOneActive, checkPlan, isActiveSuccessPlan } from '../../domain/plan/rules.ts'
import type { PreparedChange, Rule, PendingState, RuleResult } from '../change.ts'
import type { WriteNeeds } from '../needs.ts'

export const planRules: readonly Rule[] = [
  { types: ['CarePlan'], check: ({ before, after }) => ({ issues: after ? checkPlan(before, after) : [] }) },
  { types: ['CarePlan'], check: isOnlyActive },
]

async function isOnlyActive(
  { after }: PreparedChange,
  scene: PendingState,
  { visibility }: WriteNeeds,
): Promise<RuleResult> {
  if (!after || !isActiveSuccessPlan(after)) return {}
  const where = activePlans(participantOf(visibility, after) ?? '')
  const issues = checkOneActive(after, await scene.find('CarePlan', where))
  const written = scene.changes.filter((one) => one.key.type === 'CarePlan').map((one) => one.key.id)
  const none = {
    type: 'CarePlan',
    where: { op: 'and' as const, of: [where, { op: 'not' as const, of: { op: 'id' as const, ids: written } }] },
    viewer: scene.viewer,
    limit: 1,
  }
  return { issues, guards: [{ none }] }
}

const activePlans = (participant: string): Filter => ({
  op: 'and',
  of: [
    { op: 'reference', param: PARTICIPANT, type: 'Patient', id: participant },
    { op: 'token', param: 'status', code: 'active' },
    { op: 'token', param: 'category', system: codeSystem('plan-category'), code: 'success-plan' },
  ],
})
