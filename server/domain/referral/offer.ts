/**
 * Open referrals: sent to nobody yet, to be claimed by an agency that offers the service and that the participant has
 * consented to. Until it claims one, such an agency sees what is needed, who asks and since when, but not whom it is about
 * and no word that anybody wrote.
 */
import type { JsonObject, Resource } from '../../fhir/types.ts'
import { codesOf, idOf, items, textOf } from '../../fhir/element.ts'
import { codeSystem } from '../../fhir/canonical.ts'
import { programsOf, serves } from './area.ts'
import { consentCovers, isDenial, isOver, recipientsOf, type ReadRange } from './consent.ts'
import { isReferral, requesterOf, statusOf } from './task.ts'

const SERVICE = codeSystem('service-catalogue')

/** Purposes of a consent by which an agency may be shown an open referral. */
export const OFFER_PURPOSES = ['open-referral', 'referral'] as const

export const isOpen = (task: Resource): boolean =>
  isReferral(task) && statusOf(task) === 'requested' && task.owner === undefined

export type Catalogue = {
  /** Every HealthcareService and OrganizationAffiliation. */
  readonly programs: readonly Resource[]
  readonly affiliations: readonly Resource[]
  /** The codes of the programs that offer a service. */
  programsOffering(service: string): readonly string[]
}

/** Does an agency offer a service in an area (undefined: it is not known where the participant lives)? */
export function offers(agency: string, service: string, area: string | undefined, catalogue: Catalogue): boolean {
  const { programs, affiliations } = catalogue
  const joined = affiliations
    .filter((one) => one.active !== false && idOf(one.participatingOrganization, 'Organization') === agency)
    .flatMap((one) => items(one.healthcareService).flatMap((program) => idOf(program, 'HealthcareService') ?? []))
  return catalogue
    .programsOffering(service)
    .flatMap((code) => programsOf(programs, code))
    .filter((one) => idOf(one.providedBy, 'Organization') === agency || joined.includes(String(one.id)))
    .some((one) => area === undefined || serves(one, area))
}

export const servicesOf = (request: Resource): readonly string[] => codesOf(request.code, SERVICE)

/** The consent by which an agency may be shown an open referral now, of all consents of its participant. */
export function offeringConsent<T extends Resource>(
  consents: readonly T[],
  { agency, now, range }: { readonly agency: string; readonly now: number; readonly range: ReadRange },
): T | undefined {
  const denied = consents.some((one) => isDenial(one) && names(one, agency) && !isOver(one, now, range))
  if (denied) return undefined
  return consents.find((one) =>
    OFFER_PURPOSES.some((purpose) => consentCovers([one], { recipient: agency, now, range, purpose })),
  )
}

const names = (consent: Resource, agency: string): boolean => recipientsOf(consent).includes(agency)

/** When one of these consents begins or ends to let agencies know, next after an instant (ms). */
export function nextBound(
  consents: readonly Resource[],
  { now, range }: { readonly now: number; readonly range: ReadRange },
): number | undefined {
  const bounds = consents
    .filter(({ status }) => status === 'active')
    .flatMap((one) => {
      const [period] = items(items(one.provision)[0]?.period)
      const start = [period?.start, one.dateTime].flatMap((text) => range(textOf(text) ?? '')?.start ?? [])
      return [...start, range(textOf(period?.end) ?? '')?.end ?? []].flat()
    })
    .filter((at) => at > now && Number.isFinite(at))
  return bounds.length > 0 ? Math.min(...bounds) : undefined
}

/** May an agency be offered this referral at all: open, of another agency, and of no restricted class? */
export const isOffered = (task: Resource, request: Resource, agency: string): boolean =>
  isOpen(task) &&
  request.status === 'active' &&
  requesterOf(task) !== agency &&
  [task, request].every((one) => items(one.meta?.security).length === 0)

/** Tells a reader that elements are missing. https://hl7.org/fhir/R4/search.html#elements */
const SUBSETTED = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }

const SHOWN: Readonly<Record<string, readonly string[]>> = {
  Task: ['status', 'businessStatus', 'intent', 'priority', 'code', 'focus', 'authoredOn', 'requester', 'restriction'],
  ServiceRequest: ['status', 'intent', 'category', 'priority', 'code', 'authoredOn', 'requester'],
}

/**
 * In place of the participant, whom a ServiceRequest must name (`subject` 1..1).
 * https://hl7.org/fhir/R4/extension-data-absent-reason.html
 */
const MASKED = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'masked' }],
}

/** What is shown of a record of an open referral: codes, dates and the requester, in a CodeableConcept no text. */
export function shownOf(record: Resource): Resource {
  const { resourceType, id, meta } = record
  const shown = (SHOWN[resourceType] ?? []).flatMap((name): [string, unknown][] => {
    const value = withoutText(record[name])
    return value === undefined ? [] : [[name, value]]
  })
  const kept = { versionId: textOf(meta?.versionId), tag: [SUBSETTED] }
  const masked = resourceType === 'ServiceRequest' ? { subject: MASKED } : {}
  return { resourceType, id, meta: kept, ...Object.fromEntries(shown), ...masked } as unknown as Resource
}

/** Of a coded element the codings, of a reference its address: a text or a display may say anything. */
function withoutText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutText)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value as JsonObject).filter(
    ([name]) => !['text', 'display', 'extension', 'id'].includes(name) && !name.startsWith('_'),
  )
  return Object.fromEntries(entries.map(([name, one]) => [name, withoutText(one)]))
}
