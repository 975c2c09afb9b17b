/** Tasks between agencies that are no referral: who makes them, who answers them; and that no Task becomes another kind. */
import { checkAgencyTask, kindOf } from '../../domain/agency-task/agency-task.ts'
import { checkProposal, isProposal } from '../../domain/agency-task/proposal.ts'
import { isReferral } from '../../domain/referral/task.ts'
import { idOf } from '../../fhir/element.ts'
import type { PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import type { Rule, RuleResult } from './rule.ts'

export const agencyTaskRules: readonly Rule[] = [
  { types: ['Task'], check: keepsKind },
  { types: ['Task'], check: moves },
  { types: ['Task'], check: fitsParticipant },
]

/** Otherwise a referral would leave its lifecycle, and what is none would make a member. */
function keepsKind({ last: before, after }: PreparedChange): RuleResult {
  if (!before || !after) return {}
  if (isReferral(before) === isReferral(after) && kindOf(before) === kindOf(after)) return {}
  const text = '`Task.code` says what the task is for and cannot change; create a new Task.'
  return { issues: [{ severity: 'error', detail: 'element-immutable', text, expression: 'Task.code' }] }
}

function moves({ change, last: before, after }: PreparedChange, { caller }: PendingState): RuleResult {
  if (!after || isReferral(after) || (before && isReferral(before))) return {}
  if (caller.role === 'hub' || (change.kind === 'put' && change.derived)) return {}
  return { issues: checkAgencyTask(before, after, caller) }
}

/** What the proposal says of the participant holds when it is made. The agency of entry of a participant never changes. */
async function fitsParticipant({ last: before, after }: PreparedChange, state: PendingState): Promise<RuleResult> {
  if (before || !isProposal(after)) return {}
  const id = idOf(after.for, 'Patient')
  const patient = id === undefined ? undefined : await state.read({ type: 'Patient', id })
  return patient ? { issues: checkProposal(after, patient) } : {} // refused by the reference check
}
