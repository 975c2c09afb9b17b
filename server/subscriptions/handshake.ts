/**
 * The handshake: a first notification without events. Only when the endpoint accepts it does the subscription become
 * active; any other answer makes it an error, and the hub does not repeat the handshake by itself.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/channels.html#rest-hook
 */
import { DELIVER, HEARTBEAT } from '../domain/subscription/job-kinds.ts'
import type { JobHandler } from '../jobs/worker.ts'
import type { NewJob } from '../store/store.ts'
import { FRESH } from './deliver.ts'
import { send } from './delivery-queue.ts'
import type { SubscriptionNeeds } from './needs.ts'
import { changeStatus, readSubscription, type StoredSubscription } from './subscription-record.ts'

export const handshake =
  (needs: SubscriptionNeeds): JobHandler =>
  async (job, { signal }) => {
    const subscription = await readSubscription(needs, job.key)
    if (subscription?.spec.status !== 'requested') return { done: true }
    const count = await needs.store.eventCount(job.key)
    const outcome = await send(needs, subscription, { type: 'handshake', count }, signal)
    if (outcome.accepted)
      await changeStatus(needs, subscription, {
        status: 'active',
        jobs: following(subscription, needs.clock.now()),
        claim: job,
      })
    else
      await changeStatus(needs, subscription, {
        status: 'error',
        error: `The handshake failed. ${outcome.text}`,
        claim: job,
      })
    return { done: true }
  }

/** The jobs of an active subscription: delivery of what happened since it was created, and heartbeats if it requests them. */
function following({ spec: { id, heartbeat } }: StoredSubscription, now: number): readonly NewJob[] {
  const delivery: NewJob = { kind: DELIVER, key: id, due: now, payload: FRESH }
  return heartbeat === undefined ? [delivery] : [delivery, { kind: HEARTBEAT, key: id, due: now + heartbeat * 1000 }]
}
