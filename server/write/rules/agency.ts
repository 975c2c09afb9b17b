/** Rules for agencies: which ids and roles an Organization can have. */
import type { Filter } from '../../search/query.ts'
import { isWageAgency } from '../agreements.ts'
import type { PreparedChange } from '../change.ts'
import { WAGE_KEY } from '../index-entries.ts'
import type { PendingState } from '../pending-state.ts'
import { BOARD, HUB } from '../reserved-agencies.ts'
import type { Rule, RuleResult } from './rule.ts'

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

/**
 * An agency that keeps wage records sees them all. While there are any, the role does not move by an edit; the guard
 * holds that none comes up meanwhile.
 */
async function keepsWageRole(
  { before, after, at }: PreparedChange,
  { unrestricted }: PendingState,
): Promise<RuleResult> {
  if (isWageAgency(before) === isWageAgency(after)) return {}
  const query = { type: 'Observation', where: ANY_WAGE, limit: 1 }
  const { versions } = await unrestricted.find(query)
  if (versions.length === 0) return { guards: [{ none: unrestricted.query(query) }] }
  const text =
    'The role `wage-agency` cannot be given or taken while the hub holds wage records: the role decides who may know of them.'
  return { issues: [{ severity: 'error', detail: 'agency-rule', text, expression: `${at}.type` }] }
}
