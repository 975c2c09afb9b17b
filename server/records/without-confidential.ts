/** Versions without the contact details that are not for the viewer (domain/visibility/confidential.ts). */
import { CONFIDENTIAL, mayHoldConfidential, shownTo } from '../domain/visibility/confidential.ts'
import { serialize } from '../fhir/json.ts'
import type { Version } from '../store/store.ts'
import { currentResource, isDeleted, resourceOf } from './resource.ts'

/** What is stored, by what was shown of it. */
const originals = new WeakMap<Version, Version>()

/** The version as it is stored: for a write, which must keep what its writer does not see. */
export const originalOf = <T extends Version | undefined>(version: T): T =>
  ((version && originals.get(version)) ?? version) as T

/** The same object where nothing is hidden. `current`: the version of today, where another is shown. */
export function withoutConfidential<T extends Version | undefined>(version: T, agency: string, current?: Version): T {
  if (version === undefined || isDeleted(version) || !mayHoldConfidential(version.type)) return version
  if (!isMarked(version) && !isMarked(current)) return version
  const resource = resourceOf(version)
  const shown = shownTo(resource, { agency, owner: version.owner }, currentResource(current))
  if (shown === resource) return version
  const hidden = { ...version, text: serialize(shown) }
  originals.set(hidden, version)
  return hidden
}

/** Without parsing: most records have no such detail. */
const isMarked = (version: Version | undefined): boolean => version?.text.includes(CONFIDENTIAL) ?? false
