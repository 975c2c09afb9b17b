/** Rules for agencies: which ids and roles an Organization can have. */
import { codeSystem } from '../../fhir/canonical.ts'
import { codesOf } from '../../fhir/element.ts'
import type { Resource } from '../../fhir/types.ts'
import type { Filter } from '../../search/query.ts'
import type { PreparedChange, Rule, PendingState, RuleResult } from '../change.ts'
import { WAGE_KEY } from '../index-entries.ts'
import type { WriteNeeds } from '../needs.ts'
import { BOARD, HUB } from '../reserved-agencies.ts'

export const agencyRules: readonly Rule[] = [
  { types: ['Organization'], check: hasFreeId },
  { types: ['Organization'], check: hasPrefixOfItsOwn },
  { types: ['Organization'], check: keepsWageRole },
]

/** Nobody becomes the hub or, but for the board itself, the board: records and audiences name both by these ids. */
function hasFreeId({ key, after, at }: PreparedChange, { caller }: PendingState): RuleResult {
  if (!after || (key.id !== HUB && (key.id !== BOARD || caller.role === 'board'))) return {}
  const text = `The id \`${key.id}\` is reserved: the ${key.id} signs its own records with it. Give the agency another id.`
  return { issues: [{ severity: 'error', detail: 'agency-rule', text, expression: `${at}.id` }] }
}

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
  _: PendingState,
  { store }: WriteNeeds,
): Promise<RuleResult> {
  if (keepsWages(before) === keepsWages(after)) return {}
  const { versions } = await store.find({ type: 'Observation', where: ANY_WAGE, viewer: 'unrestricted', limit: 1 })
  if (versions.length === 0) return {}
  const text =
    'The role `wage-agency` cannot be given or taken while the hub holds wage records: who may know of them rests on it.'
  return { issues: [{ severity: 'error', detail: 'agency-rule', text, expression: `${at}.type` }] }
}

const keepsWages = (agency: Resource | undefined): boolean =>
  agency !== undefined && codesOf(agency.type, codeSystem('agency-type')).includes('wage-agency')
