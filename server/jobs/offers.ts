/** Open referrals and the agencies that may claim them: what the rule of domain/referral/offer.ts needs, read for many at once. */
import type { Definitions } from '../definitions/definitions.ts'
import { areaOf } from '../domain/referral/area.ts'
import { recipientsOf } from '../domain/referral/consent.ts'
import { focusOf } from '../domain/referral/linked.ts'
import { isOffered, isOpen, nextBound, offeringConsent, offers, servicesOf } from '../domain/referral/offer.ts'
import type { Catalogue } from '../domain/referral/offer.ts'
import { REFERRAL_CODE } from '../domain/referral/task.ts'
import type { ReadDate } from '../domain/visibility/circle.ts'
import type { VisibilityRule } from '../domain/visibility/rule.ts'
import { codeSystem } from '../fhir/canonical.ts'
import { idOf, items } from '../fhir/element.ts'
import type { Key } from '../fhir/types.ts'
import { currentResource, type StoredResource } from '../records/resource.ts'
import type { View } from '../records/view.ts'
import { aboutParticipant, ALL, type Filter } from '../search/query.ts'
import { consentsInForce, nextAuthority, type AuthorityReading } from '../write/consents-in-force.ts'

export type OfferReading = {
  readonly definitions: Definitions
  readonly visibility: VisibilityRule
  /** A FHIR date as instants in the hub's time zone. */
  readonly range: ReadDate
}

/** The Tasks that are open referrals, by an index of their own. */
export const OPEN_REFERRALS: Filter = { op: 'token', param: 'open-referral', code: REFERRAL_CODE.code }

/** The records of any of these participants. */
export const aboutAny = (participants: readonly string[]): Filter => ({
  op: 'or',
  of: participants.map(aboutParticipant),
})

/** An open referral that an agency may claim, and the consent by which it may know of it. */
export type Offer = {
  readonly task: StoredResource
  readonly request: StoredResource
  readonly consent: StoredResource
}

/**
 * Of these Tasks the open referrals that an agency may claim now, in their order. `view` reads everything: the caller
 * shows no more than domain/referral/offer.ts lets it.
 */
export async function offersTo(
  needs: OfferReading,
  view: View,
  tasks: readonly StoredResource[],
  { agency, now }: { readonly agency: string; readonly now: number },
): Promise<readonly Offer[]> {
  const open = tasks.filter(isOpen)
  if (open.length === 0) return []
  const naming: Filter = { op: 'reference', param: 'actor', type: 'Organization', id: agency }
  const participants = [...new Set(open.map(participantOf))]
  const consents = await consentsInForce(
    authorityReading(needs, view, now),
    await view.list('Consent', { op: 'and', of: [naming, aboutAny(participants)] }),
  )
  const consented = open.flatMap((task): Offered[] => {
    const own = consents.filter((one) => idOf(one.patient, 'Patient') === participantOf(task))
    const consent = offeringConsent(own, { agency, now, range: needs.range })
    return consent ? [{ task, consent }] : []
  })
  if (consented.length === 0) return []
  const [catalogue, requests, patients] = await Promise.all([
    catalogueOf(needs, view),
    readAll(view, consented.map(requestKey)),
    readAll(view, consented.map(patientKey)),
  ])
  return consented.flatMap(({ task, consent }, index): Offer[] => {
    const [request, patient] = [requests[index], patients[index]]
    const isFor = request && patient && isForAgency(needs, { task, request, patient }, agency, catalogue)
    return isFor ? [{ task, request, consent }] : []
  })
}

type Offered = { readonly task: StoredResource; readonly consent: StoredResource }

/**
 * The agencies that may claim a referral now, sorted; `again`: when a consent begins or ends next, so that they may be
 * others. None for a Task that is no open referral.
 */
export async function agenciesOffered(
  needs: OfferReading,
  view: View,
  task: StoredResource | undefined,
  now: number,
): Promise<{ readonly agencies: readonly string[]; readonly again?: number }> {
  if (task === undefined || !isOpen(task)) return { agencies: [] }
  const [[request, patient], all, catalogue] = await Promise.all([
    readAll(view, [requestKey({ task }), patientKey({ task })]),
    view.list('Consent', aboutAny([participantOf(task)])),
    catalogueOf(needs, view),
  ])
  if (!request || !patient) return { agencies: [] }
  const reading = authorityReading(needs, view, now)
  const consents = await consentsInForce(reading, all)
  const at = { now, range: needs.range }
  const agencies = [...new Set(consents.flatMap(recipientsOf))]
    .filter((agency) => offeringConsent(consents, { agency, ...at }) !== undefined)
    .filter((agency) => isForAgency(needs, { task, request, patient }, agency, catalogue))
    .sort()
  const bounds = [nextBound(all, at), await nextAuthority(reading, all)].flatMap((one) => one ?? [])
  return { agencies, ...(bounds.length > 0 ? { again: Math.min(...bounds) } : {}) }
}

type OpenReferral = {
  readonly task: StoredResource
  readonly request: StoredResource
  readonly patient: StoredResource
}

/** Is the referral of a kind that the agency may be offered, and does it offer the service where the participant lives? */
function isForAgency(
  { definitions }: OfferReading,
  { task, request, patient }: OpenReferral,
  agency: string,
  catalogue: Catalogue,
): boolean {
  if (!isOffered(task, request, agency)) return false
  const areas = definitions.find(codeSystem('local-area'))
  const area = areas && areaOf(patient, areas)
  return servicesOf(request).some((service) => offers(agency, service, area, catalogue))
}

const authorityReading = ({ visibility, range }: OfferReading, view: View, now: number): AuthorityReading => ({
  visibility,
  range,
  now,
  read: (key) => view.resource(key),
})

const participantOf = (task: StoredResource): string => idOf(task.for, 'Patient') ?? ''
const requestKey = ({ task }: { readonly task: StoredResource }): Key => ({
  type: 'ServiceRequest',
  id: focusOf(task) ?? '',
})
const patientKey = ({ task }: { readonly task: StoredResource }): Key => ({ type: 'Patient', id: participantOf(task) })

const readAll = async (view: View, keys: readonly Key[]): Promise<readonly (StoredResource | undefined)[]> =>
  (await view.readMany(keys)).map(currentResource)

async function catalogueOf({ definitions }: OfferReading, view: View): Promise<Catalogue> {
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
