/** Success plans: how they move, and at most one active per participant (hub-cp-6). */
import { PARTICIPANT, type Filter } from '../../../search/query.ts'
import { codeSystem } from '../../../fhir/canonical.ts'
import { refuse } from '../../../fhir/outcome.ts'
import { classesOf, participantOf } from '../../../domain/visibility/audience.ts'
import { checkOneActive, checkPlan, isActiveSuccessPlan, isSuccessPlan } from '../../../domain/plan/rules.ts'
import type { Changed, Rule, Scene, Verdict } from '../change.ts'
import type { WriteNeeds } from '../needs.ts'

export const planRules: readonly Rule[] = [
  { types: ['CarePlan'], check: ({ before, after }) => ({ issues: after ? checkPlan(before, after) : [] }) },
  { types: ['CarePlan'], check: isShared },
  { types: ['CarePlan'], check: isOnlyActive },
]

/** The common plan is common: what must stay with one agency goes into its addendum. */
function isShared({ after, at }: Changed): Verdict {
  if (!after || !isSuccessPlan(after) || classesOf(after).length === 0) return {}
  throw refuse(
    'invalid-parameter',
    'The interagency success plan is shared by the whole circle and takes no restricted label; put what is restricted into an agency addendum.',
    {
      expression: `${at}.meta.security`,
    },
  )
}

async function isOnlyActive({ after }: Changed, scene: Scene, { visibility }: WriteNeeds): Promise<Verdict> {
  if (!after || !isActiveSuccessPlan(after)) return {}
  const where = activePlans(participantOf(visibility, after) ?? '')
  const issues = checkOneActive(after, await scene.find('CarePlan', where))
  const written = scene.changes.filter((one) => one.key.type === 'CarePlan').map((one) => one.key.id)
  const none = {
    type: 'CarePlan',
    where: { op: 'and' as const, of: [where, { op: 'not' as const, of: { op: 'id' as const, ids: written } }] },
    sight: scene.sight,
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
