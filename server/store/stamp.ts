/**
 * The server's own part of a resource: `meta.versionId` and `meta.lastUpdated`, set at the moment of the commit.
 * https://hl7.org/fhir/R4/resource.html#Meta
 */
import { serialize } from '../fhir/json.ts'
import type { Resource } from '../fhir/types.ts'

/** A resource as JSON text in two parts: the server's own part of its meta comes between them. */
export type UnstampedText = readonly [before: string, after: string]

/** Serializes a resource: type, id and meta first, then the rest as it came. What it says of the server's own part is left out. */
export function unstampedText({ resourceType, id, meta, ...rest }: Resource): UnstampedText {
  const { versionId: _version, lastUpdated: _updated, ...own } = meta ?? {}
  const text = serialize({ resourceType, id, meta: own, ...rest })
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
