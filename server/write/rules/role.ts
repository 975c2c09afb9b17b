/** Records of a kind that only agencies of one role write: wage records by the agency that keeps them (20 CFR 603; hub-w-4). */
import { refuse } from '../../fhir/outcome.ts'
import { codeSystem } from '../../fhir/canonical.ts'
import { valuesAt } from '../../fhir/element-path.ts'
import type { PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import type { RuleTables } from '../rule-tables.ts'
import type { Rule, RuleResult } from './rule.ts'

type RoleTables = Pick<RuleTables, 'writing'>

export const roleRules = (tables: RoleTables): readonly Rule[] => [
  { types: ['*'], check: (change, state) => onlyByRole(tables, change, state) },
]

function onlyByRole(
  { writing }: RoleTables,
  { after, before }: PreparedChange,
  state: PendingState,
): RuleResult | Promise<RuleResult> {
  const subject = after ?? before
  if (!subject || state.caller.role !== 'agency') return {}
  const reserved = writing.byRole.filter((one) => one.type === subject.resourceType)
  const codes = reserved.length === 0 ? [] : valuesAt(subject, 'code.coding.code')
  const rule = reserved.find((one) => codes.includes(one.code))
  return rule ? hasRole(rule, state) : {}
}

async function hasRole(rule: RoleTables['writing']['byRole'][number], state: PendingState): Promise<RuleResult> {
  const agency = await state.read({ type: 'Organization', id: state.caller.agency })
  const roles = agency ? (valuesAt(agency, 'type.coding') as readonly { system?: string; code?: string }[]) : []
  if (roles.some((one) => one.system === codeSystem('agency-type') && one.code === rule.role)) return {}
  throw refuse(
    'role-required',
    `\`${rule.code}\` records are written only by an agency of type \`${rule.role}\`; \`${state.caller.agency}\` is none.`,
  )
}
