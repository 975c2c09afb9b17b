/**
 * The elements of a lookup that the agency itself keeps, of a record that is otherwise the board's: whether its program can
 * take more people now (capability/rules/writing.json, `ownElements`).
 */
import { profileUrl } from '../fhir/canonical.ts'
import { idOf, items, sameJson } from '../fhir/element.ts'
import type { Caller, JsonObject, Resource } from '../fhir/types.ts'
import type { PreparedChange } from './change.ts'
import type { WritingRule } from './rule-tables.ts'

/** Is this an update by the agency that the record names, of nothing but these elements? */
export function changesOwnElements(
  { ownElements }: Pick<WritingRule, 'ownElements'>,
  caller: Caller,
  { change, before }: PreparedChange,
): boolean {
  if (!before || change.kind !== 'put' || caller.role !== 'agency') return false
  const own = ownElements[before.resourceType]
  if (!own || idOf(before[own.agency], 'Organization') !== caller.agency) return false
  const urls = own.extensions.map(profileUrl)
  return sameJson(rest(before, urls), rest(change.resource, urls))
}

/** Everything but the extensions of these urls, and what the hub sets in meta. */
function rest({ meta, extension, ...resource }: Resource, urls: readonly string[]): JsonObject {
  const { versionId: _, lastUpdated: __, source: ___, ...kept } = meta ?? {}
  const others = items(extension).filter((one) => !urls.includes(String(one.url)))
  return { ...resource, extension: others, meta: kept as JsonObject }
}
