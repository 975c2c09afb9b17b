/**
 * The resource of a stored version: the one place where the hub reads its own text, with the parser that keeps numbers
 * as they were written (`1.50` stays `1.50`). https://hl7.org/fhir/R4/datatypes.html#decimal
 */
import { parseJsonInTurns } from '../fhir/json-in-turns.ts'
import { parseJson } from '../fhir/json.ts'
import { TURN } from '../fhir/turns.ts'
import type { Resource } from '../fhir/types.ts'
import type { Version } from '../store/store.ts'

export type StoredResource = Resource & { readonly id: string }

/** A version never changes, so each is parsed once however many rules look at it. */
const parsed = new WeakMap<Version, StoredResource>()

export const isDeleted = (version: Version): boolean => version.text === ''

/**
 * The resource of a version.
 * @throws Error for a deletion, which has none: call `isDeleted` first, or use `currentResource`
 */
export function resourceOf(version: Version): StoredResource {
  const cached = parsed.get(version)
  if (cached !== undefined) return cached
  if (isDeleted(version)) throw new Error(`${version.type}/${version.id} is deleted at version ${version.version}.`)
  const resource = parseJson(version.text).value as StoredResource
  parsed.set(version, resource)
  return resource
}

/** Parses a long text in turns of the event loop, ahead of `resourceOf`. What is not long is left to it. */
export async function parseInTurns(version: Version | undefined): Promise<void> {
  if (version === undefined || version.text.length <= TURN.characters || parsed.has(version)) return
  parsed.set(version, (await parseJsonInTurns(version.text)).value as StoredResource)
}

/** The resource of a version that may be absent or a deletion; undefined then. */
export const currentResource = (version: Version | undefined): StoredResource | undefined =>
  version === undefined || isDeleted(version) ? undefined : resourceOf(version)
