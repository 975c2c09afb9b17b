/** What the endpoint of a subscription has not accepted yet, for metrics. */
import type { Store } from '../store/store.ts'
import { resumedCursor, sentCursor } from './delivery-queue.ts'

/** `since`: when the oldest of the events was made (ms); absent where there is none. */
export type PendingEvents = { readonly count: number; readonly since?: number }

/** Events at once, where those are passed over that happened while the subscription was off. */
const PAGE = 500

/** The events of an active subscription that wait for delivery; those that are never delivered do not count. */
export async function pendingEvents(store: Store, id: string): Promise<PendingEvents> {
  const [sent, resumed] = await Promise.all([store.cursor(sentCursor(id)), store.cursor(resumedCursor(id))])
  const last = await store.eventCount(id)
  for (let from = sent + 1; from <= last;) {
    const events = await store.events(id, { from, limit: resumed > 0 ? PAGE : 1 })
    const first = events.find(({ sequence }) => sequence > resumed)
    if (first) return { count: last - first.number + 1, since: first.at }
    from = (events.at(-1)?.number ?? last) + 1
  }
  return { count: 0 }
}
