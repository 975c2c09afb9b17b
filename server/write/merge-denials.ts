/**
 * What the denials of two participants end when their records become one: a denial of either ends the consents and the
 * open referrals of both, as one that is recorded for the survivor would.
 */
import { isDenial, isDenied, recipientsOf, type ReadRange } from '../domain/referral/consent.ts'
import type { Lifecycle } from '../domain/referral/lifecycle.ts'
import { keyText } from '../fhir/types.ts'
import type { StoredResource } from '../records/resource.ts'
import type { View } from '../records/view.ts'
import { aboutParticipant } from '../search/query.ts'
import { endedByDenial } from './denial-effects.ts'

/**
 * The states after the merge of the records that end, moved ones and the target's own, by `Type/id`. `moved`: the records
 * of the source, as they are about the target; `now` is the instant of the merge (ms).
 */
export async function endedByMerge(
  view: View,
  target: string,
  moved: readonly StoredResource[],
  { now, range, lifecycle }: { readonly now: number; readonly range: ReadRange; readonly lifecycle: Lifecycle },
): Promise<ReadonlyMap<string, StoredResource>> {
  const own = await view.listEach(['Consent', 'Task'], aboutParticipant(target))
  const [consents = [], tasks = []] = ['Consent', 'Task'].map((type, index) => [
    ...(own[index] ?? []),
    ...moved.filter(({ resourceType }) => resourceType === type),
  ])
  const named = new Set(consents.filter(isDenial).flatMap(recipientsOf))
  const denied = [...named].filter((recipient) => isDenied(consents, { recipient, now, range }))
  const ends = denied.length === 0 ? [] : endedByDenial({ consents, tasks }, denied, { lifecycle, now })
  return new Map(ends.map((one) => [keyText({ type: one.resourceType, id: one.id }), one]))
}
