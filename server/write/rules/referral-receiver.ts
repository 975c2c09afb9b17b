/**
 * A referral goes only to an agency that is active: nobody of another one could read it, and the participant would wait
 * for nothing. The commit holds the agency to what was looked at.
 */
import type { Issue } from '../../fhir/outcome.ts'
import { keyText, type Resource } from '../../fhir/types.ts'
import { newRecipients } from '../../domain/referral/consent.ts'
import { focusOf } from '../../domain/referral/linked.ts'
import { isDerived, type PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import type { Rule, RuleResult } from './rule.ts'

export const referralReceiverRules: readonly Rule[] = [{ types: ['Task', 'ServiceRequest'], check: isSentToSomebody }]

async function isSentToSomebody(
  { change, key, before, after, at }: PreparedChange,
  state: PendingState,
): Promise<RuleResult> {
  if (!after || isDerived(change)) return {}
  const element = key.type === 'Task' ? 'owner' : 'performer'
  const results = await Promise.all(
    recipientsOf(before, after, state).map(async (id): Promise<RuleResult> => {
      const agency = { type: 'Organization', id }
      const found = await state.read(agency)
      if (!found) return {} // refused by the reference check
      if (found.active === false) return { issues: [notActive(keyText(agency), `${at}.${element}`)] }
      if (state.changes.some((one) => keyText(one.key) === keyText(agency))) return {}
      return { guards: [{ key: agency, expect: { version: [Number(found.meta?.versionId)] } }] }
    }),
  )
  return {
    issues: results.flatMap(({ issues }) => issues ?? []),
    guards: results.flatMap(({ guards }) => guards ?? []),
  }
}

/**
 * A Task goes to those to whom its request, of the same commit, goes: that is one fault, found there. A request that only
 * follows its Task is not looked at itself.
 */
export function recipientsOf(before: Resource | undefined, after: Resource, state: PendingState): readonly string[] {
  const all = newRecipients(before, after)
  if (after.resourceType !== 'Task' || all.length === 0) return all
  const request = state.changes.find(
    ({ change, key }) => key.type === 'ServiceRequest' && key.id === focusOf(after) && !isDerived(change),
  )
  const found = request?.after ? newRecipients(request.before, request.after) : []
  return all.filter((one) => !found.includes(one))
}

const notActive = (agency: string, expression: string): Issue => ({
  severity: 'error',
  detail: 'referral-rule',
  text: `\`${agency}\` is not active: nobody there would receive the referral. Name another agency, or none, for those that may claim it.`,
  expression,
})
