/** $refer: an ad hoc referral in one step. Defined in capability/operations. */
import { codeSystem } from '../fhir/canonical.ts'
import { idOf, items, textOf } from '../fhir/element.ts'
import { refuse } from '../fhir/outcome.ts'
import { readParameters, type Values } from '../fhir/parameters.ts'
import type { JsonObject, Resource } from '../fhir/types.ts'
import { contactDays } from '../domain/referral/area.ts'
import { draftReferral, serviceCoding, type Referral, type ReferralFacts } from '../domain/referral/draft.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { insight } from '../records/view.ts'
import { ALL } from '../search/query.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { referralNumbers } from '../write/rules/numbers.ts'
import { localAreaOf } from './assessment.ts'
import { coveringConsents } from './covering-consent.ts'
import { operationDefinition } from './define.ts'
import { numberedReferral } from './numbered-referral.ts'
import type { Operation } from './operation.ts'
import {
  commitReferrals,
  draftingFor,
  referralBundle,
  type ReferralAttempt,
  type ReferralNeeds,
  type IdentifierToken,
} from './referrals.ts'
import { issuesAsSent, parameterAt, type ParameterOf } from './sent-expression.ts'

const PRIORITIES = ['routine', 'urgent', 'asap', 'stat'] as const

export const refer = (needs: ReferralNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'refer')
  return {
    ...definition,
    levels: ['instance'],
    types: ['Patient'],
    affectsState: true,
    async run(call) {
      const given = readParameters(takes, call)
      return issuesAsSent(call, PARAMETERS, () =>
        retryOnConflict(async () => {
          const attempt = { needs, call, view: insight(needs.store, call.caller, call.now) }
          return referralBundle(needs, call, await referOnce(attempt, given))
        }),
      )
    },
  }
}

/** The parameter that each element of the two records comes from. */
const PARAMETERS: ParameterOf = {
  'ServiceRequest.code': 'service',
  'ServiceRequest.performer': 'performer',
  'Task.owner': 'performer',
  'ServiceRequest.patientInstruction': 'text',
  'Task.description': 'text',
  'ServiceRequest.priority': 'priority',
  'Task.priority': 'priority',
  'ServiceRequest.reasonReference': 'reason',
  'ServiceRequest.basedOn': 'basedOn',
  'Task.partOf': 'partOf',
  'ServiceRequest.identifier': 'identifier',
  'Task.identifier': 'identifier',
}

/** The referral of the request: a new one, or the one that an earlier call made of it under the same number. */
async function referOnce(attempt: ReferralAttempt, given: Values): Promise<readonly Referral[]> {
  const { call, view } = attempt
  const facts = await factsOf(attempt, given)
  const referral = draftReferral({ ...facts, placer: undefined }, draftingFor(attempt))
  const token =
    facts.placer === undefined ? undefined : { system: referralNumbers(call.caller.agency), code: facts.placer }
  const existing = token && (await numberedReferral(view, token, referral))
  return existing ? [existing] : commitReferrals(attempt, [{ referral: numbered(referral, token), token }])
}

async function factsOf(attempt: ReferralAttempt, given: Values): Promise<ReferralFacts> {
  const { needs, call, view } = attempt
  const key = keyOf(call)
  const participant = await view.resource(key)
  if (!participant) throw notFound(key)
  const performer = idOf(given.performer, 'Organization')
  if (given.performer !== undefined && performer === undefined)
    throw refuse(
      'invalid-parameter',
      '`performer` must refer to an agency of this hub, as `Organization/<id>`; leave it out for an open referral.',
      { expression: parameterAt(call.body, 'performer') },
    )
  if (performer === call.caller.agency)
    throw refuse(
      'referral-rule',
      `\`${performer}\` cannot refer to itself: name another agency as \`performer\`, or none.`,
      {
        expression: parameterAt(call.body, 'performer'),
      },
    )
  const priority = PRIORITIES.find((one) => one === (given.priority ?? 'routine'))
  if (!priority)
    throw refuse(
      'invalid-parameter',
      `\`priority\` is \`${String(given.priority)}\`; it takes ${PRIORITIES.join(', ')}.`,
      { expression: parameterAt(call.body, 'priority') },
    )
  const service = serviceIn(needs.definitions, String(given.service))
  const [[consent], contactByDays] = await Promise.all([
    coveringConsents(attempt, key.id, [performer]),
    contactByDaysOf(attempt, { participant, performer, programs: propertiesOf(service, 'program') }),
  ])
  return {
    participant: key.id,
    requester: call.caller.agency,
    performer,
    service: serviceCoding(String(given.service)),
    category: {
      system: codeSystem('service-category'),
      code: propertiesOf(service, 'category')[0] ?? 'agency-specific',
    },
    origin: 'ad-hoc',
    priority,
    text: textOf(given.text),
    supportingInfo: consent ? [consent] : [],
    reasons: referencesIn(given.reason),
    basedOn: referencesIn(given.basedOn),
    partOf: referencesIn(given.partOf)[0],
    placer: textOf(given.identifier),
    contactByDays,
  }
}

/** A service of the catalogue. */
function serviceIn(definitions: Definitions, service: string): JsonObject {
  const catalogue = definitions.find(codeSystem('service-catalogue'))
  const concept = items(catalogue?.concept).find((one) => one.code === service)
  if (concept) return concept
  throw refuse('code-invalid', `\`${service}\` is no service of the catalogue; see CodeSystem/service-catalogue.`, {
    expression: 'ServiceRequest.code',
  })
}

const propertiesOf = (concept: JsonObject, code: string): readonly string[] =>
  items(concept.property).flatMap((one) => (one.code === code ? (textOf(one.valueCode) ?? []) : []))

type Provided = {
  readonly participant: Resource
  readonly performer: string | undefined
  /** Codes of the programs that offer the service. */
  readonly programs: readonly string[]
}

/** Working days within which the performer promises the first contact; an open referral has nobody yet who does. */
async function contactByDaysOf(
  { needs, view }: ReferralAttempt,
  { participant, performer, programs }: Provided,
): Promise<number | undefined> {
  if (performer === undefined) return undefined
  const all = await view.list('HealthcareService', ALL)
  return contactDays(all, { agency: performer, programs, area: localAreaOf(needs.definitions, participant) })
}

/** The requester's own number, on the request and on the Task. https://hl7.org/fhir/R4/v2/0203 PLAC */
function numbered(referral: Referral, token: IdentifierToken | undefined): Referral {
  if (!token) return referral
  const identifier: readonly JsonObject[] = [
    {
      type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'PLAC' }] },
      system: token.system,
      value: token.code,
    },
  ]
  return { request: { ...referral.request, identifier }, task: { ...referral.task, identifier } }
}

const referencesIn = (value: unknown): readonly string[] =>
  items(value).flatMap((one) => (typeof one.reference === 'string' ? [one.reference] : []))
