/**
 * `Offer/<task>`: an internal record of the agencies that may claim an open referral; there is one only while there are
 * such agencies. Its versions are what subscribers are notified of. What an answer shows is never read from it: it follows
 * the records by which an agency may claim a referral a moment later.
 */
import type { Key, Resource } from '../fhir/types.ts'
import { currentResource } from '../records/resource.ts'
import type { Expect, Version, Write } from '../store/store.ts'
import { HUB } from '../write/reserved-agencies.ts'

export const OFFER = 'Offer'

export const offerKey = (task: string): Key => ({ type: OFFER, id: task })

/** The agencies that a version names; none for a deletion, or where there is no version. */
export function agenciesIn(version: Version | undefined): readonly string[] {
  const record = currentResource(version) as (Resource & { readonly agencies?: readonly string[] }) | undefined
  return record?.agencies ?? []
}

/** The next version of the record, where it names other agencies than the stored one. */
export function offerWrites(task: string, stored: Version | undefined, agencies: readonly string[]): readonly Write[] {
  const before = agenciesIn(stored)
  if (before.join() === agencies.join()) return []
  const expect: Expect = before.length > 0 && stored ? { version: [stored.version] } : 'absent'
  const internal = { entries: [], audience: [], author: HUB, expect }
  if (agencies.length === 0) return [{ kind: 'remove', key: offerKey(task), ...internal }]
  const resource = { resourceType: OFFER, id: task, agencies }
  return [{ kind: 'put', method: 'PUT', resource, ...internal }]
}
