/**
 * Rules of the success plan and what hangs on it (agency addenda, business plans): tentative until staff activate it,
 * at most one active per participant, always about the same participant. https://hl7.org/fhir/R4/careplan.html
 */
import type { Resource } from '../../fhir/types.ts'
import type { Issue } from '../../fhir/outcome.ts'
import { codeSystem } from '../../fhir/canonical.ts'
import { codesOf, sameJson, textOf } from '../../fhir/element.ts'

/** From each status, the statuses that may follow; a plan is created as one of `new`. */
const MOVES: Readonly<Record<string, readonly string[]>> = {
  new: ['draft', 'active'],
  draft: ['active', 'revoked', 'entered-in-error'],
  active: ['on-hold', 'completed', 'revoked', 'entered-in-error'],
  'on-hold': ['active', 'completed', 'revoked', 'entered-in-error'],
  completed: ['entered-in-error'],
  revoked: ['entered-in-error'],
  'entered-in-error': [],
}

/** What a plan is about and part of does not change. */
const IMMUTABLE = ['subject', 'category', 'partOf'] as const

/** A plan of the participant as a whole, not an addendum or a business plan. */
export const isSuccessPlan = (plan: Resource): boolean =>
  codesOf(plan.category, codeSystem('plan-category')).includes('success-plan')

/** Does it count as the participant's one active success plan? */
export const isActiveSuccessPlan = (plan: Resource): boolean => isSuccessPlan(plan) && plan.status === 'active'

/**
 * Checks one write of a plan; `before` undefined is its creation.
 * Answers `transition-illegal` and `element-immutable` issues.
 */
export function checkPlan(before: Resource | undefined, after: Resource): readonly Issue[] {
  const [from, to] = [before && textOf(before.status), textOf(after.status) ?? '']
  const allowed = MOVES[from ?? 'new'] ?? []
  const moved = from === to || allowed.includes(to) ? [] : [statusIssue(from, to, allowed)]
  const fixed = IMMUTABLE.filter((name) => before && !sameJson(before[name], after[name]))
  return [...moved, ...fixed.map(immutableIssue)]
}

/**
 * At most one success plan of a participant is active (hub-cp-6).
 * `others` are the participant's plans as they will be, this one left out or not.
 */
export function checkOneActive(plan: Resource, others: readonly Resource[]): readonly Issue[] {
  if (!isActiveSuccessPlan(plan)) return []
  const other = others.find((one) => one.id !== plan.id && isActiveSuccessPlan(one))
  if (!other) return []
  const text = `\`CarePlan/${other.id}\` is already the participant's active success plan; update it, or end it first.`
  return [{ severity: 'error', detail: 'plan-active-exists', expression: 'CarePlan.status', text }]
}

function statusIssue(from: string | undefined, to: string, allowed: readonly string[]): Issue {
  const legal =
    allowed.length > 0 ? `it may become ${allowed.map((status) => `\`${status}\``).join(' or ')}` : 'that is final'
  const text =
    from === undefined
      ? `A plan cannot be created as \`${to}\`: ${legal}.`
      : `The plan cannot go from \`${from}\` to \`${to}\`: ${legal}.`
  return { severity: 'error', detail: 'transition-illegal', expression: 'CarePlan.status', text }
}

function immutableIssue(name: string): Issue {
  const text = `\`CarePlan.${name}\` stays as it was when the plan was created; make a new plan that \`replaces\` this one.`
  return { severity: 'error', detail: 'element-immutable', expression: `CarePlan.${name}`, text }
}
