/**
 * Builds a referral: the ServiceRequest (profile hub-referral) and the Task (hub-referral-task) that fulfils it.
 *
 * A proposal that the participant declined before anything was sent is kept as a revoked request with a cancelled
 * Task: both are final, so nobody waits for them, and neither discloses anything (a draft would stay open for ever).
 */
import type { Coding, JsonObject, Resource } from '../../fhir/types.ts'
import { codeSystem, namingSystem, profileUrl } from '../../fhir/canonical.ts'
import { formatInstant } from '../../fhir/dates.ts'
import type { Proposal } from './propose.ts'
import { BUSINESS_STATUS } from './task.ts'

export type ReferralFacts = {
  /** Id of the Patient. */
  readonly participant: string
  /** Ids of the agencies; without a performer the referral is open to any. */
  readonly requester: string
  readonly performer?: string
  readonly service: Coding
  readonly category: Coding
  readonly origin: 'questionnaire' | 'ad-hoc' | 'system'
  readonly priority?: 'routine' | 'urgent' | 'asap' | 'stat'
  /** What the participant was shown, or why the referral is made. */
  readonly text?: string
  /** References: the assessment response, consents; and the barriers (Condition) that are the reason. */
  readonly supportingInfo?: readonly string[]
  readonly reasons?: readonly string[]
  /** References to the plan or referral that this one carries out. */
  readonly basedOn?: readonly string[]
  /** The rule that fired. */
  readonly canonical?: string
  /** Groups referrals that were one choice. */
  readonly requisition?: string
  /** The requester's own number. */
  readonly placer?: string
  /** Codings of ServiceRequest.orderDetail, such as contacting-subject-prohibited. */
  readonly instructions?: readonly Coding[]
  /** Working days within which the program makes the first contact. */
  readonly contactByDays?: number
  /** The Task that a re-referral follows: `Task/abc`. */
  readonly partOf?: string
  /** The participant declined before sending; says why. */
  readonly declined?: string
}

/** New ids, the instant of the referral (ms), and deadlines in working days (domain/calendar). */
export type DraftContext = {
  readonly newId: () => string
  readonly now: number
  workingDaysAfter(at: number, days: number): number
}
type Identified = Resource & { readonly id: string }
export type Referral = { readonly request: Identified; readonly task: Identified }

/** One referral from its facts. */
export function draftReferral(facts: ReferralFacts, context: DraftContext): Referral {
  const request = requestOf(facts, context.newId(), context.now)
  return { request, task: taskOf(facts, context.newId(), request.id, context) }
}

export type Decision = {
  readonly proposal: Proposal
  readonly accepted: boolean
  /** Why it was declined, in the participant's or the staff's words. */
  readonly reason?: string
  /** The consent that names the performer: `Consent/abc`. */
  readonly consent?: string
}

export type Submission = {
  readonly participant: string
  readonly requester: string
  /** The answered form: `QuestionnaireResponse/abc`. */
  readonly response: string
  readonly decisions: readonly Decision[]
}

const DECLINED = 'The participant declined the proposal before it was sent.'

/** The referrals of a submission, in the order of its decisions. Proposals of one group share a requisition. */
export function draftProposals(submission: Submission, context: DraftContext): readonly Referral[] {
  const requisitions = new Map(groupsOf(submission.decisions).map((group) => [group, context.newId()]))
  return submission.decisions.map(({ proposal, accepted, reason, consent }) => {
    const { performer, group, service, category, text, canonical, contactByDays } = proposal
    const requisition = group === undefined ? undefined : requisitions.get(group)
    const { participant, requester, response } = submission
    const facts: ReferralFacts = {
      participant,
      requester,
      origin: 'questionnaire',
      service,
      category,
      text,
      canonical,
      supportingInfo: [response, ...(accepted && consent ? [consent] : [])],
      ...(performer ? { performer } : {}),
      ...(requisition ? { requisition } : {}),
      ...(contactByDays ? { contactByDays } : {}),
      ...(accepted ? {} : { declined: reason ?? DECLINED }),
    }
    return draftReferral(facts, context)
  })
}

/** Groups with more than one proposal in them. */
const groupsOf = (decisions: readonly Decision[]): readonly string[] => {
  const groups = decisions.flatMap(({ proposal }) => proposal.group ?? [])
  return [...new Set(groups)].filter((group) => groups.indexOf(group) !== groups.lastIndexOf(group))
}

function requestOf(facts: ReferralFacts, id: string, now: number): Identified {
  return present({
    resourceType: 'ServiceRequest',
    id,
    meta: { profile: [profileUrl('hub-referral')] },
    extension: [{ url: profileUrl('ext-origin'), valueCode: facts.origin }],
    identifier: placerOf(facts),
    instantiatesCanonical: facts.canonical ? [facts.canonical] : undefined,
    basedOn: referencesTo(facts.basedOn),
    requisition: facts.requisition ? { system: namingSystem('requisition'), value: facts.requisition } : undefined,
    status: facts.declined === undefined ? 'active' : 'revoked',
    intent: 'order',
    category: [{ coding: [facts.category] }],
    priority: facts.priority ?? 'routine',
    code: { coding: [facts.service] },
    orderDetail: facts.instructions?.map((coding) => ({ coding: [coding] })),
    subject: { reference: `Patient/${facts.participant}` },
    authoredOn: formatInstant(now),
    requester: agency(facts.requester),
    performer: facts.performer ? [agency(facts.performer)] : undefined,
    reasonReference: referencesTo(facts.reasons),
    supportingInfo: referencesTo(facts.supportingInfo),
    patientInstruction: facts.text,
  })
}

function taskOf(facts: ReferralFacts, id: string, request: string, context: DraftContext): Identified {
  const { now } = context
  const sent = facts.declined === undefined
  const contactBy =
    sent && facts.contactByDays ? formatInstant(context.workingDaysAfter(now, facts.contactByDays)) : undefined
  return present({
    resourceType: 'Task',
    id,
    meta: { profile: [profileUrl('hub-referral-task')] },
    identifier: placerOf(facts),
    partOf: facts.partOf ? [{ reference: facts.partOf }] : undefined,
    status: sent ? 'requested' : 'cancelled',
    statusReason: sent ? undefined : { text: facts.declined },
    businessStatus: { coding: [sent ? AWAITING : UNSENT] },
    intent: 'order',
    priority: facts.priority ?? 'routine',
    code: { coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code: 'fulfill' }] },
    description: facts.text,
    focus: { reference: `ServiceRequest/${request}` },
    for: { reference: `Patient/${facts.participant}` },
    authoredOn: formatInstant(now),
    lastModified: formatInstant(now),
    requester: agency(facts.requester),
    owner: facts.performer ? agency(facts.performer) : undefined,
    restriction: contactBy ? { period: { end: contactBy } } : undefined,
  })
}

const AWAITING: Coding = { system: BUSINESS_STATUS, code: 'awaiting-contact', display: 'Awaiting contact' }
const UNSENT: Coding = { system: BUSINESS_STATUS, code: 'declined-before-send', display: 'Declined before sending' }
const PLACER: Coding = { system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'PLAC' }

const agency = (id: string) => ({ reference: `Organization/${id}` })

/** A Coding of the service catalogue, for referrals made by hand. */
export const serviceCoding = (code: string): Coding => ({ system: codeSystem('service-catalogue'), code })

const placerOf = ({ placer }: ReferralFacts) => (placer ? [{ type: { coding: [PLACER] }, value: placer }] : undefined)

const referencesTo = (list: readonly string[] | undefined): readonly JsonObject[] | undefined =>
  list && list.length > 0 ? list.map((reference) => ({ reference })) : undefined

/** Without the elements that are not there: JSON of FHIR has no empty ones. */
function present(resource: Identified): Identified {
  const pairs = Object.entries(resource).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  )
  return Object.fromEntries(pairs) as unknown as Identified
}
