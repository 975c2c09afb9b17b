/**
 * Heartbeats, for subscriptions that request them: a notification without events, while there are none.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/StructureDefinition-backport-heartbeat-period.html
 */
import type { JobHandler } from '../jobs/worker.ts'
import { send, sentCursor } from './delivery-queue.ts'
import type { SubscriptionNeeds } from './needs.ts'
import { changeStatus, readSubscription } from './subscription-record.ts'

export const heartbeat =
  (needs: SubscriptionNeeds): JobHandler =>
  async (job, { signal }) => {
    const subscription = await readSubscription(needs, job.key)
    const period = subscription?.spec.heartbeat
    if (!subscription || period === undefined || subscription.spec.status !== 'active') return { done: true }
    const again = needs.clock.now() + period * 1000
    const count = await needs.store.eventCount(job.key)
    // While events wait, their delivery takes the place of a heartbeat; a subscription has one request under way.
    if ((await needs.store.cursor(sentCursor(job.key))) < count) return { again }
    const outcome = await send(needs, subscription, { type: 'heartbeat', count }, signal)
    if (outcome.accepted || !outcome.gone) return { again }
    await changeStatus(needs, subscription, { status: 'off', error: outcome.text, claim: job })
    return { done: true }
  }
