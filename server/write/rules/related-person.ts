/** Family: every agency of the participant writes it, but who may act for the participant is not changed by whoever reads it. */
import { refuse } from '../../fhir/outcome.ts'
import { idOf, sameJson } from '../../fhir/element.ts'
import { keyText, type Resource } from '../../fhir/types.ts'
import { authoritiesOf, widensAuthority, type Authority } from '../../domain/visibility/authority.ts'
import type { PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import type { RuleTables } from '../rule-tables.ts'
import type { Rule, RuleResult } from './rule.ts'

type AuthorityTables = Pick<RuleTables, 'visibility' | 'range'>

export const relatedPersonRules = (tables: AuthorityTables): readonly Rule[] => [
  { types: ['RelatedPerson'], check: (change, state) => keepsAuthority(tables, change, state) },
]

/** What an authority follows from. */
const ELEMENTS = ['relationship', 'period', 'active', 'extension'] as const

/**
 * A consent that somebody gave for the participant holds as long as the authority: an agency that learns by it does not
 * prolong it. What was ended is not taken up again by an agency, not even by the one that recorded it: a renewed authority
 * is another record, and the participant is asked for another consent. To end it early is for the agency that recorded it
 * and the agency of entry.
 */
async function keepsAuthority(
  { visibility, range }: AuthorityTables,
  { key, before, last, after, stored, at }: PreparedChange,
  state: PendingState,
): Promise<RuleResult> {
  const { caller } = state
  if (!last || !after || caller.role !== 'agency') return {}
  const authorities = (person: Resource | undefined): readonly Authority[] =>
    person ? authoritiesOf(visibility, person, range) : []
  const [was, is] = [authorities(before), authorities(after)]
  const changed = ELEMENTS.find((name) => !sameJson(before?.[name], after[name])) ?? 'period'
  const expression = `${at}.${changed}`
  if (widensAuthority(was, is))
    throw refuse(
      'forbidden',
      `\`${keyText(key)}\` would give authority to act for the participant that it does not give now. Record a renewed authority as another RelatedPerson, and ask for a new consent; the board corrects a mistake.`,
      { expression },
    )
  if (!before || stored?.owner === caller.agency || !widensAuthority(is, was)) return {}
  const participant = idOf(before.patient, 'Patient')
  const patient = participant === undefined ? undefined : await state.read({ type: 'Patient', id: participant })
  if (patient && idOf(patient.managingOrganization, 'Organization') === caller.agency) return {}
  throw refuse(
    'forbidden',
    `\`RelatedPerson.${changed}\` of \`${keyText(key)}\` says who may act for the participant; only the agency that recorded it and the agency of entry change it.`,
    { expression },
  )
}
