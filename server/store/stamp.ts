/**
 * The server's own part of a resource: `meta.versionId` and `meta.lastUpdated`, set at the moment of the commit.
 * https://hl7.org/fhir/R4/resource.html#Meta
 */
import { serialize } from '../fhir/json.ts'
import { serializeInTurns } from '../fhir/serialize-in-turns.ts'
import type { Resource } from '../fhir/types.ts'

/** A resource as JSON text in two parts: the server's own part of its meta comes between them. */
export type UnstampedText = readonly [before: string, after: string]

/** Serializes a resource: type, id and meta first, then the rest as it came. What it says of the server's own part is left out. */
export function unstampedText(resource: Resource): UnstampedText {
  return inTwoParts(resource, serialize(unstamped(resource)))
}

/** The same, a long text in turns of the event loop. */
export async function unstampedTextInTurns(resource: Resource): Promise<UnstampedText> {
  return inTwoParts(resource, await serializeInTurns(unstamped(resource)))
}

function unstamped({ resourceType, id, meta, ...rest }: Resource): Resource {
  const { versionId: _version, lastUpdated: _updated, ...own } = meta ?? {}
  return { resourceType, id, meta: own, ...rest }
}

function inTwoParts({ resourceType, id }: Resource, text: string): UnstampedText {
  const place = serialize({ resourceType, id }).length + ',"meta":'.length
  const after = text.slice(place)
  return [text.slice(0, place), after.startsWith('}') ? after : `,${after}`]
}

/**
 * The text under which a version is kept.
 * @param at the instant of the commit, ms since 1970
 */
export const stampedText = ([before, after]: UnstampedText, version: number, at: number): string =>
  `${before}"versionId":"${version}","lastUpdated":"${new Date(at).toISOString()}"${after}`
