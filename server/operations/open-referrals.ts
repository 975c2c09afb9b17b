/** $open-referrals and $claim: what an agency may take over of the referrals that have no receiver. Defined in capability/operations. */
import { aboutParticipant, localAreaOf } from './assessment.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'
import type { ReferralNeeds } from './referrals.ts'
import { focusOf } from '../domain/referral/linked.ts'
import {
  isOffered,
  isOpen,
  offeringConsent,
  offers,
  servicesOf,
  shownOf,
  type Catalogue,
} from '../domain/referral/offer.ts'
import { BUSINESS_STATUS } from '../domain/referral/task.ts'
import { codeSystem } from '../fhir/canonical.ts'
import { idOf, items } from '../fhir/element.ts'
import { serialize } from '../fhir/json.ts'
import { readParameters } from '../fhir/parameters.ts'
import type { Resource } from '../fhir/types.ts'
import type { Call, Reply } from '../interactions/call.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import type { StoredResource } from '../records/resource.ts'
import { disclosing, unrestricted, type View } from '../records/view.ts'
import { ALL, type Filter } from '../search/query.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { write } from '../write/pipeline.ts'

/** An open referral that the caller may claim, and the consent by which it may know of it. */
type Offer = { readonly task: StoredResource; readonly request: StoredResource; readonly consent: StoredResource }

export const openReferrals = (needs: ReferralNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'open-referrals')
  return {
    ...definition,
    levels: ['type'],
    types: ['Task'],
    affectsState: false,
    async run(call) {
      readParameters(takes, call)
      const offered = await offersTo(needs, call)
      const entry = offered.flatMap(({ task, request }) => [
        { resource: shownOf(task), search: { mode: 'match' } },
        { resource: shownOf(request), search: { mode: 'include' } },
      ])
      const bundle = { resourceType: 'Bundle', type: 'searchset', total: offered.length }
      return {
        status: 200,
        text: serialize({ ...bundle, ...(entry.length > 0 ? { entry } : {}) } as unknown as Resource),
        disclosed: offered.flatMap(({ task, request }) => [keyOfRecord(task), keyOfRecord(request)]),
      }
    },
  }
}

export const claim = (needs: ReferralNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'claim')
  return {
    ...definition,
    levels: ['instance'],
    types: ['Task'],
    affectsState: true,
    async run(call) {
      readParameters(takes, call)
      return retryOnConflict(() => claimOnce(needs, call))
    },
  }
}

/** One that is not offered to the caller, whatever the reason, is answered as one that does not exist. */
async function claimOnce(needs: ReferralNeeds, call: Call): Promise<Reply> {
  const key = keyOf(call)
  const view = unrestricted(needs.store)
  const task = await view.resource(key)
  const [offer] = task ? await offered(needs, call, view, [task]) : []
  if (!offer) throw notFound(key)
  const resource = {
    ...offer.task,
    status: 'accepted',
    businessStatus: { coding: [{ system: BUSINESS_STATUS, code: 'accepted' }] },
    owner: { reference: `Organization/${call.caller.agency}` },
  }
  const { id, resourceType: type } = offer.consent
  const consented = { key: { type, id }, expect: { version: [Number(offer.consent.meta?.versionId)] } }
  // The participant's consent lets the caller in: what the write looks at is not limited to what it knew before.
  const author = { caller: call.caller, now: call.now, view }
  const [written] = await write(
    needs,
    author,
    [
      {
        kind: 'put',
        create: false,
        granted: true,
        resource,
        ifMatch: [Number(offer.task.meta?.versionId)],
        at: 'Task',
      },
    ],
    { guards: [consented] },
  )
  const answer = disclosing(needs.store, call.caller, call.now)
  answer.disclose(key)
  return {
    status: 200,
    text: written?.version?.text ?? '',
    version: written?.version?.version,
    lastModified: written?.version?.at,
    disclosed: answer.disclosed(),
  }
}

const keyOfRecord = ({ resourceType: type, id }: StoredResource) => ({ type, id })

/** Every open referral that the caller may claim, the oldest first. */
async function offersTo(needs: ReferralNeeds, call: Call): Promise<readonly Offer[]> {
  if (call.caller.role !== 'agency') return []
  const view = unrestricted(needs.store)
  const { agency } = call.caller
  const consents = await view.list('Consent', { op: 'reference', param: 'actor', type: 'Organization', id: agency })
  const participants = [...new Set(consents.flatMap((one) => idOf(one.patient, 'Patient') ?? []))]
  if (participants.length === 0) return []
  const tasks = (await view.list('Task', OPEN)).filter((one) => participants.includes(idOf(one.for, 'Patient') ?? ''))
  const all = await offered(needs, call, view, tasks)
  return [...all].sort((a, b) => Date.parse(String(a.task.authoredOn)) - Date.parse(String(b.task.authoredOn)))
}

const OPEN: Filter = {
  op: 'and',
  of: [
    { op: 'token', param: 'status', code: 'requested' },
    { op: 'missing', param: 'owner' },
  ],
}

async function offered(
  needs: ReferralNeeds,
  { caller, now }: Call,
  view: View,
  tasks: readonly StoredResource[],
): Promise<readonly Offer[]> {
  if (caller.role !== 'agency') return []
  const { agency } = caller
  const catalogue = await catalogueOf(needs, view)
  const found = await Promise.all(
    tasks.filter(isOpen).map(async (task): Promise<Offer | undefined> => {
      const request = await view.resource({ type: 'ServiceRequest', id: focusOf(task) ?? '' })
      const participant = await view.resource({ type: 'Patient', id: idOf(task.for, 'Patient') ?? '' })
      if (!request || !participant || !isOffered(task, request, agency)) return undefined
      const area = localAreaOf(needs.definitions, participant)
      if (!servicesOf(request).some((service) => offers(agency, service, area, catalogue))) return undefined
      const consents = await view.list('Consent', aboutParticipant(participant.id))
      const consent = offeringConsent(consents, { agency, now, range: needs.range })
      return consent && { task, request, consent }
    }),
  )
  return found.flatMap((one) => one ?? [])
}

async function catalogueOf({ definitions }: ReferralNeeds, view: View): Promise<Catalogue> {
  const [programs = [], affiliations = []] = await view.listEach(['HealthcareService', 'OrganizationAffiliation'], ALL)
  const services = items(definitions.find(codeSystem('service-catalogue'))?.concept)
  return {
    programs,
    affiliations,
    programsOffering: (service) =>
      items(services.find(({ code }) => code === service)?.property).flatMap(({ code, valueCode }) =>
        code === 'program' ? [String(valueCode)] : [],
      ),
  }
}
