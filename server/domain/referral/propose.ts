/**
 * From the answers of the service assessment to proposed referrals. The rules are data: PlanDefinition resources of
 * type eca-rule, one action per rule (capability/rules). https://hl7.org/fhir/R4/plandefinition.html
 */
import type { Coding, JsonObject, Resource } from '../../fhir/types.ts'
import { codeSystem, profileUrl } from '../../fhir/canonical.ts'
import { codesOf, extensionOf, idOf, items, textOf } from '../../fhir/element.ts'
import { holds } from '../../fhirpath/expression.ts'
import { parseCanonical } from '../../fhir/reference.ts'
import { capacityOf, contactDaysOf, programIn, programsOf, provides, type ServiceArea } from './area.ts'
import { decidedBy, earlierTo, proposalNumber, type EarlierReferral } from './earlier.ts'
import { earlierWarnings, receiverWarnings } from './warnings.ts'

export type Proposal = {
  /** Id of the rule's action: `abe`. */
  readonly rule: string
  /** `PlanDefinition-url|version#rule`, for ServiceRequest.instantiatesCanonical. */
  readonly canonical: string
  readonly title: string
  /** What the participant is shown, verbatim. */
  readonly text: string
  readonly service: Coding
  readonly category: Coding
  /** Code of the program that would serve. */
  readonly program: string
  /** The agency that provides it in the participant's area; absent where none does, or several may. */
  readonly performer?: string
  /** Every agency that provides it, of whatever area: where there is no performer, one of these may be named. */
  readonly providers: readonly string[]
  /** Whether the performer's program can take more people now: a code of capacity-status. */
  readonly capacity?: string
  /** Proposals of one group are one checkbox: accepted or declined together, sent under one requisition. */
  readonly group?: string
  /** The participant takes part in the program already. */
  readonly alreadyServed: boolean
  /** An open referral for the same service: `Task/abc`. */
  readonly openReferral?: string
  /** Earlier referrals for the same service that the participant declined, and those that ended as a no-show. */
  readonly declinedBefore: readonly string[]
  readonly noShowBefore: readonly string[]
  /** The Task by which this proposal was sent or declined; absent while it is undecided. */
  readonly decided?: string
  /** Working days within which the program makes the first contact. */
  readonly contactByDays?: number
  readonly warnings: readonly string[]
}

export type ProposeInput = {
  /** The completed QuestionnaireResponse. */
  readonly response: Resource
  /** PlanDefinitions; those that are not active, or no rules (type eca-rule), propose nothing. */
  readonly rules: readonly Resource[]
  /** ActivityDefinitions that the rules name. */
  readonly activities: readonly Resource[]
  /** HealthcareServices. */
  readonly programs: readonly Resource[]
  readonly participant: Resource
  /** The agency that took the form: it is not proposed to itself. */
  readonly takenBy: string
  /** The participant's referrals, each Task with its ServiceRequest, and the statuses in which a Task is closed. */
  readonly referrals: readonly EarlierReferral[]
  readonly terminal: readonly string[]
  /** The participant's EpisodesOfCare. */
  readonly participations: readonly Resource[]
  /** The participant's local area, see areaOf, and all areas of the state. */
  readonly serviceArea: ServiceArea
  /** Instant (ms), used where the response is not dated. */
  readonly now: number
}

const SERVICE = codeSystem('service-catalogue')
const CATEGORY = codeSystem('service-category')
const PROGRAM = codeSystem('program')
const PLAN_TYPE = 'http://terminology.hl7.org/CodeSystem/plan-definition-type'
/** A participation in one of these statuses is being served. */
const SERVED = ['active', 'onhold']

/**
 * The referrals that the answers call for, in the order of the rules. Nothing is written.
 * Throws an Error that names the rule when a rule cannot be applied (no program, unknown activity, bad FHIRPath).
 */
export function propose(input: ProposeInput): readonly Proposal[] {
  return input.rules
    .filter((plan) => plan.status === 'active' && codesOf(plan.type, PLAN_TYPE).includes('eca-rule'))
    .flatMap((plan) => items(plan.action).map((action) => ({ plan, action })))
    .filter(({ action }) => applies(action, input.response))
    .flatMap(({ plan, action }) => proposal(plan, action, input) ?? [])
}

function applies(action: JsonObject, response: Resource): boolean {
  const conditions = items(action.condition).filter((one) => one.kind === 'applicability')
  return conditions.every((one) =>
    holds(textOf(items(one.expression)[0]?.expression) ?? 'false', response, { resource: response }),
  )
}

function proposal(plan: Resource, action: JsonObject, input: ProposeInput): Proposal | undefined {
  const rule = textOf(action.id) ?? demand(plan, action, 'an id')
  const program = ruleCode(action, 'ext-rule-program') ?? demand(plan, action, 'ext-rule-program')
  const notFrom = ruleCode(action, 'ext-rule-not-from')
  if (notFrom !== undefined && provides(input.programs, input.takenBy, notFrom)) return undefined
  const serving = programIn(input.programs, program, input.serviceArea)
  const performer = idOf(serving?.providedBy, 'Organization')
  if (performer === input.takenBy) return undefined
  const activity = activityOf(plan, action, input.activities)
  const service =
    coded(activity.code, SERVICE) ?? demand(plan, action, 'an ActivityDefinition with a code of service-catalogue')
  const category =
    coded(activity.topic, CATEGORY) ?? demand(plan, action, 'an ActivityDefinition with a topic of service-category')
  const group = textOf(extensionOf(action, profileUrl('ext-rule-group'))?.valueString)
  const earlier = earlierTo(String(service.code), input.referrals, input.terminal)
  const decided = decidedBy(proposalNumber(String(input.response.id), rule), input.referrals)
  const capacity = capacityOf(serving)
  const days = contactDaysOf(serving)
  return {
    rule,
    canonical: `${String(plan.url)}${plan.version ? `|${String(plan.version)}` : ''}#${rule}`,
    title: textOf(action.title) ?? rule,
    text: textOf(action.textEquivalent) ?? textOf(action.title) ?? rule,
    service,
    category,
    program,
    ...(performer ? { performer } : {}),
    providers: providersOf(input, program),
    ...(capacity ? { capacity } : {}),
    ...(group ? { group } : {}),
    alreadyServed: input.participations.some(
      (one) => SERVED.includes(String(one.status)) && codesOf(one.type, PROGRAM).includes(program),
    ),
    ...(earlier.open ? { openReferral: earlier.open } : {}),
    declinedBefore: earlier.declined,
    noShowBefore: earlier.noShow,
    ...(decided ? { decided: `Task/${String(decided.task.id)}` } : {}),
    ...(days !== undefined ? { contactByDays: days } : {}),
    warnings: [
      ...ageWarnings(action, input),
      ...receiverWarnings(input, program, serving),
      ...earlierWarnings(earlier),
    ],
  }
}

const providersOf = ({ programs, takenBy }: ProposeInput, program: string): readonly string[] => {
  const providers = programsOf(programs, program).flatMap((one) => idOf(one.providedBy, 'Organization') ?? [])
  return [...new Set(providers)].filter((one) => one !== takenBy).sort()
}

/** An age that contradicts the answer is a warning only: the answer of the participant decides. */
function ageWarnings(action: JsonObject, { participant, response, now }: ProposeInput): readonly string[] {
  const [least, most] = ['ext-rule-min-age', 'ext-rule-max-age'].map(
    (id) => extensionOf(action, profileUrl(id))?.valueInteger,
  )
  if (typeof least !== 'number' && typeof most !== 'number') return []
  const age = ageOn(
    textOf(participant.birthDate),
    (textOf(response.authored) ?? new Date(now).toISOString()).slice(0, 10),
  )
  if (age === undefined) return ['The date of birth has no day: the age is not checked.']
  if (age >= Number(least ?? -Infinity) && age <= Number(most ?? Infinity)) return []
  return [
    `By the date of birth the participant was ${age} years old when the form was taken; the service is for ages ${bounds(least, most)}.`,
  ]
}

const bounds = (least: unknown, most: unknown): string =>
  [typeof least === 'number' ? `from ${least}` : '', typeof most === 'number' ? `to ${most}` : ''].join(' ').trim()

/** Completed years between two days; a birthday on 29 February is had on 1 March in other years. */
function ageOn(birthDate: string | undefined, day: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(birthDate ?? '') || !/^\d{4}-\d\d-\d\d$/.test(day)) return undefined
  const years = Number(day.slice(0, 4)) - Number(birthDate?.slice(0, 4))
  return day.slice(5) < String(birthDate).slice(5) ? years - 1 : years
}

const ruleCode = (action: JsonObject, id: string): string | undefined =>
  textOf(extensionOf(action, profileUrl(id))?.valueCode)

function activityOf(plan: Resource, action: JsonObject, activities: readonly Resource[]): Resource {
  const named = textOf(action.definitionCanonical)
  const { url, version } = parseCanonical(named ?? '')
  const found = activities.find((one) => one.url === url && (version === undefined || one.version === version))
  return found ?? demand(plan, action, `an existing ActivityDefinition, not \`${named}\``)
}

/** The first coding of a system. */
function coded(value: unknown, system: string): Coding | undefined {
  const codings = items(value).flatMap((one) => items(one.coding))
  return codings.find((one) => one.system === system) as Coding | undefined
}

function demand(plan: Resource, action: JsonObject, what: string): never {
  throw new Error(`Rule \`${String(action.id)}\` of \`${String(plan.url)}\` needs ${what}.`)
}
