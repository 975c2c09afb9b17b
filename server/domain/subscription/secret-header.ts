/**
 * The values of a subscription's headers are secrets (`Authorization: Bearer ...`): a Subscription is kept, and shown, with
 * a mask in their place. "Subscription is not secure storage for secrets":
 * https://hl7.org/fhir/R4/subscription.html#safety and docs/decisions/0043
 */
import { items, sameJson } from '../../fhir/element.ts'
import { carry } from '../../fhir/decimals.ts'
import type { Json, JsonObject, Resource } from '../../fhir/types.ts'
import { parseHeader } from './header.ts'

/** Stands for the value of a header. Whoever sends it back leaves the stored value as it is. */
export const MASK = '****'

/** The Subscription with the mask in place of each value; the same object where there is nothing to mask. */
export function withMaskedHeaders<T extends Resource>(resource: T): T {
  const channel = items(resource.channel)[0]
  const header = channel?.header
  if (resource.resourceType !== 'Subscription' || !channel || !Array.isArray(header)) return resource
  const masked = header.map((one) => (typeof one === 'string' ? maskHeader(one) : one))
  if (sameJson(masked, header)) return resource
  return carry(resource, { ...resource, channel: carry(channel, { ...channel, header: masked } as JsonObject) })
}

/** What the headers are that an update asks for: those that it sends, with stored values in place of the masks. */
export type ResolvedHeaders = {
  readonly headers: readonly string[]
  /** Positions of masks for which there is no stored value. */
  readonly missing: readonly number[]
}

/** The n-th header of a name takes the value of the n-th stored header of that name. */
export function resolveHeaders(sent: readonly string[], stored: readonly string[]): ResolvedHeaders {
  const left = [...stored]
  const missing: number[] = []
  const headers = sent.map((header, index) => {
    const name = nameOf(header)
    const found = left.findIndex((one) => nameOf(one) === name)
    const [former] = found < 0 ? [] : left.splice(found, 1)
    if (!isMasked(header)) return header
    if (former === undefined || isMasked(former)) missing.push(index)
    return former ?? header
  })
  return { headers, missing }
}

export const isMasked = (header: string): boolean => parseHeader(header)?.[1] === MASK || header === MASK

/** Headers of a Subscription as text; what is no text is left to the validator. */
export const headersOf = (resource: Resource | undefined): readonly string[] => {
  const header: Json | undefined = items(resource?.channel)[0]?.header
  return Array.isArray(header) ? header.filter((one) => typeof one === 'string') : []
}

const maskHeader = (text: string): string => {
  const name = parseHeader(text)?.[0]
  return name === undefined ? MASK : `${name}: ${MASK}`
}

const nameOf = (header: string): string | undefined => parseHeader(header)?.[0].toLowerCase()
