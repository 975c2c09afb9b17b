/**
 * The handshake: a first notification without events. Only when the endpoint accepts it does the subscription become
 * active; any other answer makes it an error, and the hub does not repeat the handshake by itself.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/channels.html#rest-hook
 */
import { DELIVER, HEARTBEAT } from '../domain/subscription/job-kinds.ts'
import type { JobHandler } from '../jobs/worker.ts'
import { readSpec } from '../domain/subscription/spec.ts'
import { isDeleted, resourceOf } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import type { CursorMove, NewJob } from '../store/store.ts'
import { FRESH } from './deliver.ts'
import { resumedCursor, send } from './delivery-queue.ts'
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
        cursors: await resuming(needs, subscription),
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

/**
 * Where delivery goes on: after the commit that turned the subscription on again, where it was off (or deleted) before.
 * One that was in error goes on with what it has not accepted.
 */
async function resuming({ store }: SubscriptionNeeds, { version }: StoredSubscription): Promise<readonly CursorMove[]> {
  const { versions } = await unrestricted(store).history(version, { limit: Infinity })
  const off = versions.findIndex((one) => isDeleted(one) || readSpec(resourceOf(one)).status === 'off')
  const on = off < 1 ? undefined : versions[off - 1]
  if (!on) return []
  const name = resumedCursor(version.id)
  const from = await store.cursor(name)
  return from < on.sequence ? [{ name, from, to: on.sequence }] : []
}

/** The jobs of an active subscription: delivery of what happened since it was created, and heartbeats if it requests them. */
function following({ spec: { id, heartbeat } }: StoredSubscription, now: number): readonly NewJob[] {
  const delivery: NewJob = { kind: DELIVER, key: id, due: now, payload: FRESH }
  return heartbeat === undefined ? [delivery] : [delivery, { kind: HEARTBEAT, key: id, due: now + heartbeat * 1000 }]
}
