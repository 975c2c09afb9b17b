/**
 * The purge of events: they are kept for 14 days after they were made, delivered or not. The last event of a
 * subscription stays, because it holds the number of the next. $events says what is missing.
 */
import { unrestricted } from '../records/view.ts'
import { ALL } from '../search/query.ts'
import type { JobHandler } from '../jobs/worker.ts'
import type { SubscriptionNeeds } from './needs.ts'

const DAY = 24 * 60 * 60_000

/** Milliseconds that an event is kept. */
export const RETENTION = 14 * DAY

/** The only key of the job. */
export const PURGE_KEY = 'events'

/** When the purge runs next after this time. */
export const nextPurge = (now: number): number => now + DAY

/** Events in one commit. */
const BATCH = 500

/** The job is done when there is no event left that will grow old: the matcher enqueues it with the next one. */
export const purge =
  (needs: SubscriptionNeeds): JobHandler =>
  async () => {
    const now = needs.clock.now()
    let left = false
    for await (const { id } of unrestricted(needs.store).all({ type: 'Subscription', where: ALL, deleted: true }))
      if (await purgeStream(needs, id, now - RETENTION)) left = true
    return left ? { again: nextPurge(now) } : { done: true }
  }

/** Removes the events of a stream from before an instant (ms); answers whether there is more than its last one left. */
async function purgeStream({ store }: SubscriptionNeeds, stream: string, before: number): Promise<boolean> {
  for (;;) {
    const events = await store.events(stream, { from: 1, limit: BATCH })
    const last = await store.eventCount(stream)
    const old = events.filter(({ at, number }) => at < before && number < last)
    const to = old.at(-1)?.number
    if (to === undefined) return events.length > 1
    await store.commit({ purges: [{ stream, to }] })
  }
}
