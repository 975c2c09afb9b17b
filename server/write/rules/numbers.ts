/**
 * Numbers of a referral by which an operation finds that it was made already: only their keeper gives them, because a
 * forged one would keep the referral from being sent.
 */
import { namingSystem } from '../../fhir/canonical.ts'
import { PROPOSAL } from '../../domain/referral/earlier.ts'
import { items } from '../../fhir/element.ts'
import type { Issue } from '../../fhir/outcome.ts'
import type { PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import type { Rule } from './rule.ts'

/** System of the numbers that an agency gives its referrals. */
export const referralNumbers = (agency: string): string => namingSystem(`agency/${agency}/referral`)

const OF_AN_AGENCY = /\/agency\/[^/]*\/referral$/

export const numberRules: readonly Rule[] = [{ types: ['ServiceRequest'], check: ownNumbers }]

function ownNumbers({ change, before, after, at }: PreparedChange, { caller }: PendingState) {
  if (!after || caller.role !== 'agency' || (change.kind === 'put' && change.numbered)) return {}
  const old = items(before?.identifier).map(({ system, value }) => `${String(system)}|${String(value)}`)
  const issues = items(after.identifier).flatMap(({ system, value }, index): Issue[] => {
    if (old.includes(`${String(system)}|${String(value)}`) || system === referralNumbers(caller.agency)) return []
    if (system !== PROPOSAL && !OF_AN_AGENCY.test(String(system))) return []
    const text = `A number of \`${String(system)}\` is given by its own keeper alone; leave it out.`
    return [{ severity: 'error', detail: 'referral-rule', text, expression: `${at}.identifier[${index}]` }]
  })
  return { issues }
}
