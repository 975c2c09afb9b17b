/** What of a consent never changes, and who lifts a denial. Who may record and withdraw one: access.ts, ownership.ts. */
import { isDenial, recipientsOf } from '../../domain/referral/consent.ts'
import { isMember } from '../../domain/visibility/membership.ts'
import { classesNamedIn } from '../../domain/visibility/labels.ts'
import { idOf, items, sameJson } from '../../fhir/element.ts'
import { refuse, type Issue } from '../../fhir/outcome.ts'
import { keyText, type Key } from '../../fhir/types.ts'
import { isOfHub, type PreparedChange } from '../change.ts'
import { readCircle } from '../circle.ts'
import { isInForce } from '../consents-in-force.ts'
import type { PendingState } from '../pending-state.ts'
import type { RuleTables } from '../rule-tables.ts'
import type { Rule, RuleResult } from './rule.ts'

type ConsentTables = Pick<RuleTables, 'visibility' | 'range'>

export const consentRules = (tables: ConsentTables): readonly Rule[] => [
  { types: ['Consent'], check: (change) => keepsClasses(tables, change) },
  { types: ['Consent'], check: liftsNoOwnDenial },
  { types: ['Consent'], check: (change, state) => isGivenByAuthority(tables, change, state) },
  { types: ['Consent'], check: (change, state) => warnsOfDenial(tables, change, state) },
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

/**
 * Whoever gives a consent for the participant may do so now. What was stored stays as it is when the authority ends: it
 * opens nothing, and is withdrawn as any other.
 */
async function isGivenByAuthority(
  { visibility, range }: ConsentTables,
  { change, before, after, at }: PreparedChange,
  state: PendingState,
): Promise<RuleResult> {
  if (!after || after.status !== 'active' || isOfHub({ change }) || (change.kind === 'put' && change.merge)) return {}
  if (before?.status === 'active' && sameJson(before.performer, after.performer)) return {}
  const read = async (key: Key) => (await state.read(key)) ?? state.unrestricted.resource(key)
  if (await isInForce({ visibility, range, now: state.now, read }, after)) return {}
  return {
    issues: [
      {
        severity: 'error',
        detail: 'value-conflict',
        text:
          'Nobody whom `performer` names may consent for the participant now. A guardian or representative is an active ' +
          'RelatedPerson of the participant with such a `relationship` (`GUARD`, `POWATT`, ...) and a `period` that runs; ' +
          'the authority of a guardian of a minor ends when the participant comes of age. Name the participant where the participant consents.',
        expression: `${at}.performer`,
      },
    ],
  }
}

/** A consent for an agency that the participant denied opens nothing; whoever records it learns so at once. */
async function warnsOfDenial(
  tables: ConsentTables,
  { before, after, at }: PreparedChange,
  state: PendingState,
): Promise<RuleResult> {
  if (after?.status !== 'active' || isDenial(after) || state.caller.role === 'hub') return {}
  const earlier = before?.status === 'active' ? recipientsOf(before) : []
  const participant = idOf(after.patient, 'Patient') ?? ''
  if (recipientsOf(after).every((one) => earlier.includes(one))) return {}
  if (!(await state.view.resource({ type: 'Patient', id: participant }))) return {}
  const circle = await readCircle(state.unrestricted, tables, participant)
  const denied = circle?.denied ?? []
  const actors = items(items(after.provision)[0]?.actor)
  return {
    issues: actors.flatMap(({ reference }, index): Issue[] => {
      const agency = idOf(reference, 'Organization')
      if (agency === undefined || earlier.includes(agency) || !isMember(denied, agency, state.now)) return []
      return [
        {
          severity: 'warning',
          detail: 'consent-denied',
          text:
            `\`Patient/${participant}\` denies that \`Organization/${agency}\` knows, which outweighs this consent: it opens nothing. ` +
            'Where the participant permits it again, lift the denial: set that Consent to `inactive`.',
          expression: `${at}.provision.actor[${index}]`,
        },
      ]
    }),
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
