/** Family: every agency of the participant writes it, but who may act for the participant is not changed by whoever reads it. */
import { refuse } from '../../fhir/outcome.ts'
import { idOf, sameJson } from '../../fhir/element.ts'
import { keyText } from '../../fhir/types.ts'
import { AUTHORITY_ELEMENTS, isRepresentative } from '../../domain/staff/representative.ts'
import type { PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import type { Rule, RuleResult } from './rule.ts'

export const relatedPersonRules: readonly Rule[] = [{ types: ['RelatedPerson'], check: keepsAuthority }]

/**
 * A consent that a representative gave holds as long as the authority: an agency that learns by it does not prolong it. The
 * agency that recorded the authority changes it, the agency of entry, and the board.
 */
async function keepsAuthority(
  { key, before, after, stored, at }: PreparedChange,
  state: PendingState,
): Promise<RuleResult> {
  const { caller } = state
  if (!before || !after || caller.role !== 'agency' || stored?.owner === caller.agency) return {}
  if (!isRepresentative(before) && !isRepresentative(after)) return {}
  const changed = AUTHORITY_ELEMENTS.find((name) => !sameJson(before[name], after[name]))
  if (changed === undefined) return {}
  const participant = idOf(before.patient, 'Patient')
  const patient = participant === undefined ? undefined : await state.read({ type: 'Patient', id: participant })
  if (patient && idOf(patient.managingOrganization, 'Organization') === caller.agency) return {}
  throw refuse(
    'forbidden',
    `\`RelatedPerson.${changed}\` of \`${keyText(key)}\` says who may act for the participant; only the agency that recorded it and the agency of entry change it.`,
    { expression: `${at}.${changed}` },
  )
}
