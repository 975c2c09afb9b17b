/** Counts subscriptions, and the notifications that wait, over all agencies. */
import { readSpec } from '../domain/subscription/spec.ts'
import type { Turn } from '../jobs/slices.ts'
import { resourceOf } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import { ALL } from '../search/query.ts'
import type { Store } from '../store/store.ts'
import { pendingEvents } from '../subscriptions/pending.ts'

export type SubscriptionFigures = {
  /** How many there are by their status. */
  readonly statuses: ReadonlyMap<string, number>
  /** Events that the endpoints of active subscriptions have not accepted. */
  readonly pending: number
  /** When the oldest of them was made (ms). */
  readonly since?: number
}

/** @param turn called before each subscription */
export async function countSubscriptions(store: Store, turn: Turn): Promise<SubscriptionFigures> {
  const statuses = new Map<string, number>()
  let [pending, since] = [0, Infinity]
  for await (const version of unrestricted(store).all({ type: 'Subscription', where: ALL })) {
    await turn()
    const { status } = readSpec(resourceOf(version))
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (status !== 'active') continue
    const waiting = await pendingEvents(store, version.id)
    pending += waiting.count
    since = Math.min(since, waiting.since ?? Infinity)
  }
  return { statuses, pending, ...(since === Infinity ? {} : { since }) }
}
