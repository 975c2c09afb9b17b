/**
 * The server's own part of a resource: `meta.versionId` and `meta.lastUpdated`, set at the moment of the commit.
 * https://hl7.org/fhir/R4/resource.html#Meta
 */
import { serialize } from '../fhir/json.ts'
import type { Resource } from '../fhir/types.ts'

/**
 * The text under which a version is kept: type, id and meta first, then the rest as it came.
 * @param at the instant of the commit, ms since 1970
 */
export function stamp(resource: Resource, version: number, at: number): string {
  const { resourceType, id, meta, ...rest } = resource
  const { versionId: _version, lastUpdated: _updated, ...own } = meta ?? {}
  const stamped = { versionId: String(version), lastUpdated: new Date(at).toISOString(), ...own }
  return serialize({ resourceType, id, meta: stamped, ...rest })
}
