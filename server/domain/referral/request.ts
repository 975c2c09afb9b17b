/**
 * May this ServiceRequest be written as it is, by this caller? The ask of a referral is in its requester's hands.
 * https://hl7.org/fhir/R4/request.html#statemachine
 */
import type { Caller, Resource } from '../../fhir/types.ts'
import type { ErrorCode, Issue } from '../../fhir/outcome.ts'
import { sameJson, textOf } from '../../fhir/element.ts'
import { requesterOf } from './task.ts'

/**
 * From each status, the statuses that may follow. A request may be created as `revoked`: the record of a proposal that
 * the participant declined before anything was sent.
 */
const MOVES: Readonly<Record<string, readonly string[]>> = {
  new: ['draft', 'active', 'revoked'],
  draft: ['active', 'revoked', 'entered-in-error'],
  active: ['on-hold', 'revoked', 'completed', 'entered-in-error'],
  'on-hold': ['active', 'revoked', 'completed', 'entered-in-error'],
  revoked: ['entered-in-error'],
  completed: ['entered-in-error'],
  'entered-in-error': [],
}

/** May a request go from its status to another? */
export const canBecome = (request: Resource, status: string): boolean =>
  (MOVES[textOf(request.status) ?? ''] ?? []).includes(status)

const IMMUTABLE = ['requester', 'subject'] as const

/**
 * Checks one write of a referral's ServiceRequest; `before` undefined is its creation.
 * Answers `agency-not-yours`, `transition-illegal`, `element-immutable` and `referral-rule` issues. That an agency does
 * not refer to itself is the profile's to say (hub-sr-2).
 */
export function checkReferral(before: Resource | undefined, after: Resource, actor: Caller): readonly Issue[] {
  return [
    ...checkWriter(before ?? after, before, after, actor),
    ...checkMove(before, after),
    ...checkFixed(before, after),
  ]
}

/** The requester writes it; the board creates it for any agency, and later only marks it entered-in-error. */
function checkWriter(stored: Resource, before: Resource | undefined, after: Resource, actor: Caller): readonly Issue[] {
  if (actor.role === 'hub' || requesterOf(stored) === actor.agency) return []
  if (!before) {
    const text = `\`ServiceRequest.requester\` must be \`Organization/${actor.agency}\`: an agency refers in its own name.`
    return actor.role === 'board' ? [] : [issue('agency-not-yours', 'ServiceRequest.requester', text)]
  }
  if (actor.role === 'board' && after.status === 'entered-in-error') return []
  const text = `Only its requester, \`${requesterOf(before) ?? 'unknown'}\`, changes a referral's ServiceRequest; the owner answers on the Task.`
  return [issue('referral-rule', 'ServiceRequest', text)]
}

function checkMove(before: Resource | undefined, after: Resource): readonly Issue[] {
  const [from, to] = [before && textOf(before.status), textOf(after.status) ?? '']
  const allowed = MOVES[from ?? 'new'] ?? []
  if (from === to || allowed.includes(to)) return []
  const legal =
    allowed.length > 0
      ? `it may become ${allowed.map((status) => `\`${status}\``).join(' or ')}`
      : 'that is final; send a new referral'
  const text =
    from === undefined
      ? `A referral cannot be created as \`${to}\`: ${legal}.`
      : `The referral cannot go from \`${from}\` to \`${to}\`: ${legal}.`
  return [issue('transition-illegal', 'ServiceRequest.status', text)]
}

function checkFixed(before: Resource | undefined, after: Resource): readonly Issue[] {
  return IMMUTABLE.filter((name) => before && !sameJson(before[name], after[name])).map((name) =>
    issue(
      'element-immutable',
      `ServiceRequest.${name}`,
      `\`ServiceRequest.${name}\` stays as it was when the referral was created; send a new referral instead.`,
    ),
  )
}

const issue = (detail: ErrorCode, expression: string, text: string): Issue => ({
  severity: 'error',
  detail,
  expression,
  text,
})
