/** $refer: an ad hoc referral in one step. Defined in capability/operations. */
import { codeSystem } from '../fhir/canonical.ts'
import { idOf, items, textOf } from '../fhir/element.ts'
import { refuse } from '../fhir/outcome.ts'
import { readParameters, type Values } from '../fhir/parameters.ts'
import type { Coding, JsonObject } from '../fhir/types.ts'
import { draftReferral, serviceCoding, type Referral, type ReferralFacts } from '../domain/referral/draft.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { insight, type View } from '../records/view.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { referralNumbers } from '../write/rules/numbers.ts'
import { coveringConsents } from './covering-consent.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'
import {
  commitReferrals,
  draftingFor,
  referralBundle,
  type ReferralAttempt,
  type ReferralNeeds,
  type IdentifierToken,
} from './referrals.ts'

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
      return retryOnConflict(async () => {
        const attempt = { needs, call, view: insight(needs.store, call.caller, call.now) }
        const facts = await factsOf(attempt, given)
        const token =
          facts.placer === undefined ? undefined : { system: referralNumbers(call.caller.agency), code: facts.placer }
        const existing = token && (await numberedReferral(attempt.view, token))
        if (existing) return referralBundle(needs, call, [existing])
        const referral = draftReferral({ ...facts, placer: undefined }, draftingFor(attempt))
        const drafts = [{ referral: numbered(referral, token), token }]
        return referralBundle(needs, call, await commitReferrals(attempt, drafts))
      })
    },
  }
}

async function factsOf(attempt: ReferralAttempt, given: Values): Promise<ReferralFacts> {
  const { needs, call, view } = attempt
  const key = keyOf(call)
  if (!(await view.resource(key))) throw notFound(key)
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
  const [consent] = await coveringConsents(attempt, key.id, [performer])
  return {
    participant: key.id,
    requester: call.caller.agency,
    performer,
    service: serviceCoding(String(given.service)),
    category: categoryOf(needs.definitions, String(given.service)),
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

/** The category that the catalogue gives a service. */
function categoryOf(definitions: Definitions, service: string): Coding {
  const catalogue = definitions.find(codeSystem('service-catalogue'))
  const concept = items(catalogue?.concept).find((one) => one.code === service)
  if (!concept)
    throw refuse('code-invalid', `\`${service}\` is no service of the catalogue; see CodeSystem/service-catalogue.`, {
      expression: 'Parameters.parameter',
    })
  const property = items(concept.property).find((one) => one.code === 'category')
  return { system: codeSystem('service-category'), code: String(property?.valueCode ?? 'agency-specific') }
}

/** The referral that an earlier call made under this number. Errors: `already-exists` for one without a Task. */
async function numberedReferral(view: View, token: IdentifierToken): Promise<Referral | undefined> {
  const [request] = await view.list('ServiceRequest', { op: 'token', param: 'identifier', ...token })
  if (!request) return undefined
  const { id } = request
  const [task] = await view.list('Task', { op: 'reference', param: 'focus', type: 'ServiceRequest', id })
  if (task) return { request, task }
  throw refuse(
    'already-exists',
    `\`ServiceRequest/${id}\` has the number \`${token.code}\` already, without a Task; send a Task for it, or take another number.`,
  )
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
