/** Agencies: what hangs on their ids and roles. */
import { codeSystem } from '../../fhir/canonical.ts'
import { codesOf } from '../../fhir/element.ts'
import type { Resource } from '../../fhir/types.ts'
import type { Filter } from '../../search/query.ts'
import type { PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import { WAGE_KEY } from '../index-entries.ts'
import type { Rule, RuleResult } from './rule.ts'

export const agencyRules: readonly Rule[] = [
  { types: ['Organization'], check: hasPrefixOfItsOwn },
  { types: ['Organization'], check: keepsWageRole },
]

/** An agency chooses ids that begin with its own id and a dot: with a dot in it, two agencies would share a prefix. */
function hasPrefixOfItsOwn({ key, before, after, at }: PreparedChange): RuleResult {
  if (before || !after || !key.id.includes('.')) return {}
  const text = `\`${key.id}\` has a dot, which ends the prefix of the ids that an agency chooses; give the agency an id without.`
  return { issues: [{ severity: 'error', detail: 'agency-rule', text, expression: `${at}.id` }] }
}

const ANY_WAGE: Filter = { op: 'not', of: { op: 'missing', param: WAGE_KEY } }

/** Who keeps wage records sees them all. While there are any, that role does not move by an edit. */
async function keepsWageRole(
  { before, after, at }: PreparedChange,
  { unrestricted }: PendingState,
): Promise<RuleResult> {
  if (keepsWages(before) === keepsWages(after)) return {}
  if (!(await unrestricted.first('Observation', ANY_WAGE))) return {}
  const text =
    'The role `wage-agency` cannot be given or taken while the hub holds wage records: who may know of them rests on it.'
  return { issues: [{ severity: 'error', detail: 'agency-rule', text, expression: `${at}.type` }] }
}

const keepsWages = (agency: Resource | undefined): boolean =>
  agency !== undefined && codesOf(agency.type, codeSystem('agency-type')).includes('wage-agency')
