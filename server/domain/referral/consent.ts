/** To whom a referral discloses a participant, and whether a consent covers it. https://hl7.org/fhir/R4/consent.html */
import { carry } from '../../fhir/decimals.ts'
import type { Resource } from '../../fhir/types.ts'
import { codeSystem } from '../../fhir/canonical.ts'
import { codesOf, idOf, items, textOf } from '../../fhir/element.ts'
import { isReferral, ownerOf, requesterOf } from './task.ts'

const PURPOSE = codeSystem('consent-purpose')

/** Reads a FHIR date as the instants [start, end); undefined when it is none. */
export type ReadRange = (text: string) => { readonly start: number; readonly end: number } | undefined

/**
 * The agencies to which this state of a ServiceRequest or Task sends the participant's record: each needs a consent.
 * None while it is a draft, open to any agency, or past sending.
 */
export function recipients(resource: Resource): readonly string[] {
  if (resource.resourceType === 'ServiceRequest' && resource.status === 'active') {
    return items(resource.performer).flatMap((one) => idOf(one, 'Organization') ?? [])
  }
  if (resource.resourceType === 'Task' && isReferral(resource) && resource.status === 'requested')
    return [ownerOf(resource) ?? []].flat()
  return []
}

/** The recipients that a change adds: what was already sent needs no new consent, nor does the requester itself. */
export function newRecipients(before: Resource | undefined, after: Resource): readonly string[] {
  const earlier = [...(before ? recipients(before) : []), requesterOf(after)]
  return recipients(after).filter((agency) => !earlier.includes(agency))
}

export type Disclosure = {
  /** The agency that is to know. */
  readonly recipient: string
  readonly now: number
  /** A code of consent-purpose; absent = any. */
  readonly purpose?: string
  readonly range: ReadRange
}

/** Does one of the participant's consents name the recipient, permit the purpose, and hold now, and none deny it? */
export const consentCovers = (consents: readonly Resource[], disclosure: Disclosure): boolean =>
  consents.some((consent) => covers(consent, disclosure)) && !isDenied(consents, disclosure)

/** Is the recipient denied now by one of the participant's consents (provision.type `deny`)? It outweighs every permission. */
export const isDenied = (
  consents: readonly Resource[],
  { recipient, now, range }: Pick<Disclosure, 'recipient' | 'now' | 'range'>,
): boolean =>
  consents.some(
    (consent) =>
      isDenial(consent) &&
      recipientsOf(consent).includes(recipient) &&
      within(items(items(consent.provision)[0]?.period)[0], now, range),
  )

/** A consent by which agencies may not know of the participant. */
export const isDenial = (consent: Resource): boolean =>
  consent.resourceType === 'Consent' && consent.status === 'active' && items(consent.provision)[0]?.type === 'deny'

/** Is the period of a consent over at this instant (ms)? */
export function isOver(consent: Resource, now: number, range: ReadRange): boolean {
  const end = textOf(items(items(consent.provision)[0]?.period)[0]?.end)
  const last = end === undefined ? undefined : range(end)
  return last !== undefined && last.end <= now
}

/** The agencies that a consent is about. */
export const recipientsOf = (consent: Resource): readonly string[] =>
  items(items(consent.provision)[0]?.actor).flatMap((actor) => idOf(actor.reference, 'Organization') ?? [])

/** The consent without these recipients; withdrawn where no other is left. */
export function withoutRecipient(consent: Resource, recipients: readonly string[]): Resource {
  const [provision = {}] = items(consent.provision)
  const actor = items(provision.actor).filter((one) => !recipients.includes(idOf(one.reference, 'Organization') ?? ''))
  if (actor.length === 0) return carry(consent, { ...consent, status: 'inactive' })
  return carry(consent, { ...consent, provision: carry(provision, { ...provision, actor }) })
}

function covers(consent: Resource, { recipient, now, purpose, range }: Disclosure): boolean {
  const [provision] = items(consent.provision)
  if (consent.status !== 'active' || provision?.type !== 'permit') return false
  if (!items(provision.actor).some((actor) => idOf(actor.reference, 'Organization') === recipient)) return false
  const given = range(textOf(consent.dateTime) ?? '')
  if (!given || given.start > now) return false
  const purposes = codesOf(provision.purpose, PURPOSE)
  return (
    within(items(provision.period)[0], now, range) &&
    (purpose === undefined || purposes.length === 0 || purposes.includes(purpose))
  )
}

/** A bound that cannot be read covers nothing. */
function within(
  period: { readonly start?: unknown; readonly end?: unknown } | undefined,
  now: number,
  range: ReadRange,
): boolean {
  const [start, end] = [textOf(period?.start), textOf(period?.end)]
  if (start !== undefined && !((range(start)?.start ?? Infinity) <= now)) return false
  return end === undefined || now < (range(end)?.end ?? -Infinity)
}
