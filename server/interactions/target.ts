/** What every interaction asks first: is the type held, who is looking, where is the record. */
import type { Definitions, ResourceCapability } from '../definitions/definitions.ts'
import { refuse, type OutcomeError } from '../fhir/outcome.ts'
import { nearest } from '../fhir/nearest.ts'
import { keyText, type Key } from '../fhir/types.ts'
import type { Viewer } from '../search/query.ts'
import type { Call } from './call.ts'

/** The caller's eyes at the instant of the request. */
export const viewerOf = (call: Call): Viewer => ({ agency: call.caller.agency, at: call.now })

/** The offer for the type of a call. Errors: `unknown-type` (404), naming the nearest type that is held. */
export function capabilityOf(definitions: Definitions, call: Call): ResourceCapability {
  const type = call.type ?? ''
  const offer = definitions.capability(type)
  if (offer) return offer
  const names = definitions.capabilities.map((one) => one.type)
  const guess = nearest(type, names)
  throw refuse(
    'unknown-type',
    `The hub holds no \`${type}\`${guess ? `; did you mean \`${guess}\`?` : '.'} It holds ${names.join(', ')}.`,
  )
}

/** As offerOf, and the interaction must be offered: else 405. */
export function requireInteraction(definitions: Definitions, call: Call, interaction: string): ResourceCapability {
  const offer = capabilityOf(definitions, call)
  if (offer.interactions.includes(interaction)) return offer
  throw refuse(
    'method-not-allowed',
    `\`${offer.type}\` is not offered for \`${interaction}\`; offered are ${offer.interactions.join(', ')}.`,
    { headers: { Allow: allowed(offer, call.id === undefined ? METHODS.type : METHODS.instance) } },
  )
}

/** The methods of each address, by the interaction that they are. https://hl7.org/fhir/R4/http.html#summary */
const METHODS = {
  type: { 'search-type': 'GET, HEAD', create: 'POST' },
  instance: { read: 'GET, HEAD', update: 'PUT', delete: 'DELETE' },
} as const

const allowed = (offer: ResourceCapability, methods: Readonly<Record<string, string>>): string =>
  Object.keys(methods)
    .filter((name) => offer.interactions.includes(name))
    .map((name) => methods[name])
    .join(', ')

export function keyOf(call: Call): Key {
  const key = { type: call.type ?? '', id: call.id ?? '' }
  if (!ID.test(key.id))
    throw refuse('invalid-id', `\`${key.id}\` is not a FHIR id: 1 to 64 letters, digits, \`-\` and \`.\`.`)
  return key
}

/** https://hl7.org/fhir/R4/datatypes.html#id */
const ID = /^[A-Za-z0-9\-.]{1,64}$/

/** The same answer for a record that does not exist and for one that the caller may not know of. */
export const notFound = (key: Key): OutcomeError =>
  refuse('not-found', `There is no \`${keyText(key)}\` that you may know of.`)
