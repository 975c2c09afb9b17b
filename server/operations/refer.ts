/** $refer: an ad hoc referral in one step. Defined in capability/operations. */
import { codeSystem } from '../fhir/canonical.ts'
import { idOf, items, textOf } from '../fhir/element.ts'
import { refuse } from '../fhir/outcome.ts'
import { readParameters, type Values } from '../fhir/parameters.ts'
import type { Coding, JsonObject } from '../fhir/types.ts'
import type { Calendar } from '../domain/calendar/working-days.ts'
import { consentCovers } from '../domain/referral/consent.ts'
import { draftReferral, serviceCoding, type Referral, type ReferralFacts } from '../domain/referral/draft.ts'
import type { Call } from '../interactions/call.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import { retryOnConflict } from '../write/pipeline.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { referralNumbers } from '../write/rules/numbers.ts'
import { PARTICIPANT } from '../search/query.ts'
import { readCurrent, findAll } from './assessment.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'
import { commitReferrals, numberedReferral, referralBundle } from './referrals.ts'

export type ReferNeeds = WriteNeeds & { newId(): string; readonly calendar: Calendar }

const PRIORITIES = ['routine', 'urgent', 'asap', 'stat'] as const

export const refer = (needs: ReferNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'refer')
  return {
    ...definition,
    levels: ['instance'],
    types: ['Patient'],
    affectsState: true,
    async run(call) {
      const given = readParameters(takes, call)
      return retryOnConflict(async () => {
        const facts = await factsOf(needs, call, given)
        const token =
          facts.placer === undefined ? undefined : { system: referralNumbers(call.caller.agency), code: facts.placer }
        const before = token && (await already(needs, call, token))
        if (before) return referralBundle([before])
        const referral = draftReferral(
          { ...facts, placer: undefined },
          {
            newId: needs.newId,
            now: call.now,
            workingDaysAfter: needs.calendar.workingDaysAfter,
          },
        )
        return referralBundle(await commitReferrals(needs, call, [{ referral: numbered(referral, token), token }]))
      })
    },
  }
}

async function factsOf(needs: ReferNeeds, call: Call, given: Values): Promise<ReferralFacts> {
  const key = keyOf(call)
  if (!(await readCurrent(needs, call, 'Patient', key.id))) throw notFound(key)
  const performer = idOf(given.performer, 'Organization')
  if (given.performer !== undefined && performer === undefined)
    throw refuse(
      'invalid-parameter',
      '`performer` must refer to an agency of this hub, as `Organization/<id>`; leave it out for an open referral.',
    )
  const priority = PRIORITIES.find((one) => one === (given.priority ?? 'routine'))
  if (!priority)
    throw refuse(
      'invalid-parameter',
      `\`priority\` is \`${String(given.priority)}\`; it takes ${PRIORITIES.join(', ')}.`,
    )
  const consent = performer === undefined ? undefined : await consentFor(needs, call, key.id, performer)
  return {
    participant: key.id,
    requester: call.caller.agency,
    performer,
    service: serviceCoding(String(given.service)),
    category: categoryOf(needs, String(given.service)),
    origin: 'ad-hoc',
    priority,
    text: textOf(given.text),
    supportingInfo: consent ? [consent] : [],
    reasons: referencesIn(given.reason),
    basedOn: referencesIn(given.basedOn),
    partOf: referencesIn(given.partOf)[0],
    placer: textOf(given.identifier),
  }
}

async function consentFor(
  needs: ReferNeeds,
  call: Call,
  participant: string,
  recipient: string,
): Promise<string | undefined> {
  const consents = await findAll(needs, call, 'Consent', {
    op: 'reference',
    param: PARTICIPANT,
    type: 'Patient',
    id: participant,
  })
  const covering = consents.find((one) =>
    consentCovers([one], { recipient, now: call.now, range: needs.range, purpose: 'referral' }),
  )
  return covering && `Consent/${covering.id ?? ''}`
}

/** The category that the catalogue gives a service. */
function categoryOf(needs: ReferNeeds, service: string): Coding {
  const catalogue = needs.definitions.find(codeSystem('service-catalogue'))
  const concept = items(catalogue?.concept).find((one) => one.code === service)
  if (!concept)
    throw refuse('code-invalid', `\`${service}\` is no service of the catalogue; see CodeSystem/service-catalogue.`, {
      expression: 'Parameters.parameter',
    })
  const property = items(concept.property).find((one) => one.code === 'category')
  return { system: codeSystem('service-category'), code: String(property?.valueCode ?? 'agency-specific') }
}

async function already(
  needs: ReferNeeds,
  call: Call,
  token: { system: string; code: string },
): Promise<Referral | undefined> {
  const made = await numberedReferral(needs, call, token)
  if (!made) return undefined
  const { request, task } = made
  if (task) return { request, task }
  throw refuse(
    'already-exists',
    `\`ServiceRequest/${request.id}\` has the number \`${token.code}\` already, without a Task; send a Task for it, or take another number.`,
  )
}

/** The requester's own number, on the request and on the Task. https://hl7.org/fhir/R4/v2/0203 PLAC */
function numbered(referral: Referral, token: { system: string; code: string } | undefined): Referral {
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
