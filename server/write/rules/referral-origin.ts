/** What one party stated on a referral only that party changes, also after the referral was routed to another agency. */
import {
  checkOwnAttempts,
  checkSigned,
  checkStatements,
  closesByAttempts,
  lostStatements,
  type WrittenTask,
} from '../../domain/referral/origin.ts'
import { isReferral } from '../../domain/referral/task.ts'
import type { Key } from '../../fhir/types.ts'
import { isDeleted, resourceOf } from '../../records/resource.ts'
import type { View } from '../../records/view.ts'
import { isOfHub, type PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import type { RuleTables } from '../rule-tables.ts'
import type { Rule, RuleResult } from './rule.ts'

export const referralOriginRules = (tables: Pick<RuleTables, 'lifecycle'>): readonly Rule[] => [
  { types: ['Task'], check: (change, state) => keepsOrigin(tables, change, state) },
]

async function keepsOrigin(
  { lifecycle }: Pick<RuleTables, 'lifecycle'>,
  one: PreparedChange,
  { caller, now, unrestricted }: PendingState,
): Promise<RuleResult> {
  const { change, key, before, after } = one
  const isDerived = change.kind === 'put' && change.derived !== undefined
  if (!after || caller.role !== 'agency' || isDerived || isOfHub(one) || !isReferral(after)) return {}
  const { agency } = caller
  const signed = checkSigned(before, after, agency)
  if (!before) return { issues: signed }
  const byAttempts = closesByAttempts(before, after, lifecycle)
  if (!byAttempts && lostStatements(before, after).length === 0) return { issues: signed }
  const history = await historyOf(unrestricted, key)
  return {
    issues: [
      ...signed,
      ...checkStatements(before, after, { history, agency }),
      ...(byAttempts ? checkOwnAttempts(after, { history, lifecycle, now }) : []),
    ],
  }
}

async function historyOf(view: View, key: Key): Promise<readonly WrittenTask[]> {
  const { versions } = await view.history(key, { limit: Infinity })
  return versions
    .filter((one) => !isDeleted(one))
    .map((one) => ({ resource: resourceOf(one), author: one.author }))
    .reverse()
}
