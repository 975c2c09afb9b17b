/** One change of a record as topics look at it: which interaction, the state after, and the state before. */
import type { Resource } from '../fhir/types.ts'
import { isDeleted, resourceOf } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import type { IndexedRecord } from '../search/match.ts'
import type { Interaction } from '../domain/subscription/topic.ts'
import type { Version } from '../store/store.ts'
import type { SubscriptionNeeds } from './needs.ts'

export type ChangedState = { readonly resource: Resource; readonly indexed: IndexedRecord }

/** `after` is absent for a deletion, `before` for a creation. */
export type RecordChange = {
  readonly interaction: Interaction
  readonly after?: ChangedState
  readonly before?: ChangedState
  /** The version of `before`. */
  readonly previous?: Version
}

/** A record that was deleted and written again is created once more. */
export async function changeOf(needs: SubscriptionNeeds, version: Version): Promise<RecordChange> {
  const previous = version.version > 1 ? await unrestricted(needs.store).vread(version, version.version - 1) : undefined
  const last = previous && !isDeleted(previous) ? { before: stateOf(needs, previous), previous } : undefined
  if (isDeleted(version)) return { interaction: 'delete', ...last }
  const after = stateOf(needs, version)
  return last ? { interaction: 'update', after, ...last } : { interaction: 'create', after }
}

export function stateOf({ extract }: SubscriptionNeeds, version: Version): ChangedState {
  const resource = resourceOf(version)
  return { resource, indexed: { type: version.type, id: version.id, at: version.at, entries: extract(resource) } }
}
