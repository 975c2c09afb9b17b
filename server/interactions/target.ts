/** The target of an interaction: is the type offered, for this interaction, and which record is it. */
import type { Definitions, ResourceCapability } from '../definitions/definitions.ts'
import { refuse, type OutcomeError } from '../fhir/outcome.ts'
import { nearest } from '../fhir/nearest.ts'
import { FHIR_ID, keyText, type Key } from '../fhir/types.ts'
import type { Call } from './call.ts'

/** What the hub offers for the type of a call. Errors: `unknown-type` (404), naming the nearest type that is offered. */
export function capabilityOf(definitions: Definitions, call: Pick<Call, 'type'>): ResourceCapability {
  const type = call.type ?? ''
  const capability = definitions.capability(type)
  if (capability) return capability
  const names = definitions.capabilities.map((one) => one.type)
  const guess = nearest(type, names)
  throw refuse(
    'unknown-type',
    `The hub holds no \`${type}\`${guess ? `; did you mean \`${guess}\`?` : '.'} It holds ${names.join(', ')}.`,
  )
}

/** As capabilityOf, and the interaction must be offered: else 405. */
export function requireInteraction(definitions: Definitions, call: Call, interaction: string): ResourceCapability {
  const capability = capabilityOf(definitions, call)
  refuseParameters(call, interaction)
  if (capability.interactions.includes(interaction)) return capability
  throw refuse(
    'method-not-allowed',
    `\`${capability.type}\` is not offered for \`${interaction}\`; offered are ${capability.interactions.join(', ')}.`,
    { headers: { Allow: allowed(capability, call.id === undefined ? METHODS.type : METHODS.instance) } },
  )
}

/** A write by id has no parameters: a condition that was ignored would make, change or delete what it should not. */
function refuseParameters({ params, id }: Call, interaction: string): void {
  if (id === undefined && interaction !== 'create') return
  const advice = WITHOUT_PARAMETERS[interaction]
  const [given] = params
  if (advice === undefined || given === undefined) return
  throw refuse('unknown-parameter', `\`${interaction}\` takes no parameters, and \`${given[0]}\` is given. ${advice}`)
}

const WITHOUT_PARAMETERS: Readonly<Record<string, string>> = {
  create:
    'To create only where no record matches, send the condition in the header If-None-Exist (`ifNoneExist` of an entry).',
  update: 'Leave the id out of the address to update the record that meets a condition.',
  patch: 'Leave the id out of the address to patch the record that meets a condition.',
  delete: 'Leave the id out of the address to delete the record that meets a condition.',
}

/** The methods of each address, by the interaction that they are. https://hl7.org/fhir/R4/http.html#summary */
const METHODS = {
  type: { 'search-type': 'GET, HEAD', create: 'POST', update: 'PUT', patch: 'PATCH', delete: 'DELETE' },
  instance: { read: 'GET, HEAD', update: 'PUT', patch: 'PATCH', delete: 'DELETE' },
} as const

const allowed = (capability: ResourceCapability, methods: Readonly<Record<string, string>>): string =>
  Object.keys(methods)
    .filter((name) => capability.interactions.includes(name))
    .map((name) => methods[name])
    .join(', ')

export function keyOf(call: Call): Key {
  const key = { type: call.type ?? '', id: call.id ?? '' }
  if (!FHIR_ID.test(key.id))
    throw refuse('invalid-id', `\`${key.id}\` is not a FHIR id: 1 to 64 letters, digits, \`-\` and \`.\`.`)
  return key
}

/** The same answer for a record that does not exist and for one that the caller may not know of. */
export const notFound = (key: Key): OutcomeError =>
  refuse('not-found', `There is no \`${keyText(key)}\` that you may know of.`)
