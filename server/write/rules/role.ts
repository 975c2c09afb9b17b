/** Records of a kind that only agencies of one role write: wage records by the agency that keeps them (20 CFR 603; hub-w-4). */
import { refuse } from '../../fhir/outcome.ts'
import { codeSystem } from '../../fhir/canonical.ts'
import { valuesAt } from '../../fhir/element-path.ts'
import type { PreparedChange, Rule, PendingState } from '../change.ts'
import type { WriteNeeds } from '../needs.ts'

export const roleRules: readonly Rule[] = [{ types: ['*'], check: onlyByRole }]

async function onlyByRole({ after, before }: PreparedChange, scene: PendingState, { writing }: WriteNeeds) {
  const subject = after ?? before
  if (!subject || scene.caller.role !== 'agency') return {}
  const codes = valuesAt(subject, 'code.coding.code')
  const rule = writing.byRole.find((one) => one.type === subject.resourceType && codes.includes(one.code))
  if (!rule) return {}
  const agency = await scene.read({ type: 'Organization', id: scene.caller.agency })
  const roles = agency ? (valuesAt(agency, 'type.coding') as readonly { system?: string; code?: string }[]) : []
  if (roles.some((one) => one.system === codeSystem('agency-type') && one.code === rule.role)) return {}
  throw refuse(
    'role-required',
    `\`${rule.code}\` records are written only by an agency of type \`${rule.role}\`; \`${scene.caller.agency}\` is none.`,
  )
}
