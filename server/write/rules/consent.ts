/** What of a consent never changes, and who lifts a denial. Who may record and withdraw one: access.ts, ownership.ts. */
import { isDenial, recipientsOf } from '../../domain/referral/consent.ts'
import { classesNamedIn } from '../../domain/visibility/labels.ts'
import { idOf } from '../../fhir/element.ts'
import { refuse } from '../../fhir/outcome.ts'
import { keyText } from '../../fhir/types.ts'
import type { PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import type { RuleTables } from '../rule-tables.ts'
import type { Rule, RuleResult } from './rule.ts'

type ConsentTables = Pick<RuleTables, 'visibility'>

export const consentRules = (tables: ConsentTables): readonly Rule[] => [
  { types: ['Consent'], check: (change) => keepsClasses(tables, change) },
  { types: ['Consent'], check: liftsNoOwnDenial },
]

/** A consent that once named a class stays for those who know of the class: its history tells of it. */
function keepsClasses({ visibility }: ConsentTables, { last, after, at }: PreparedChange): RuleResult {
  if (!last || !after) return {}
  const named = classesNamedIn(visibility, after)
  const lost = classesNamedIn(visibility, last).filter((name) => !named.includes(name))
  return {
    issues: lost.map((name) => ({
      severity: 'error',
      detail: 'element-immutable',
      text: `This consent names the class \`${name}\` and keeps it, because its history tells of it; withdraw it, and record another without the class.`,
      expression: `${at}.provision.class`,
    })),
  }
}

/** An agency that a denial is about, and that may know of it, is not the one to lift it. */
async function liftsNoOwnDenial(
  { key, before, after, at }: PreparedChange,
  { caller, view }: PendingState,
): Promise<RuleResult> {
  if (!before || caller.role !== 'agency' || !isDenial(before)) return {}
  const denies = after !== undefined && isDenial(after) && recipientsOf(after).includes(caller.agency)
  if (denies || !recipientsOf(before).includes(caller.agency)) return {}
  const participant = { type: 'Patient', id: idOf(before.patient, 'Patient') ?? '' }
  if (!(await view.resource(participant))) return {} // refused by access.ts
  throw refuse(
    'forbidden',
    `\`${keyText(key)}\` denies \`${caller.agency}\` itself; another agency of the participant's circle, or the board, lifts it.`,
    { expression: at },
  )
}
