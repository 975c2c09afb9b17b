/** To whom a referral discloses a participant, and whether a consent covers it. https://hl7.org/fhir/R4/consent.html */
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

/** Does one of the participant's consents name the recipient, permit the purpose, and hold now? */
export const consentCovers = (consents: readonly Resource[], disclosure: Disclosure): boolean =>
  consents.some((consent) => covers(consent, disclosure))

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
