/**
 * The handshake: before anything is told, the endpoint is asked whether it listens. Only an accepted one makes the
 * subscription active; any other answer makes it an error, and the hub does not ask again by itself.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/channels.html#rest-hook
 */
import { DELIVER, HEARTBEAT } from '../jobs/kinds.ts'
import type { Handler } from '../jobs/worker.ts'
import type { NewJob } from '../store/store.ts'
import { FRESH } from './deliver.ts'
import { send } from './lane.ts'
import type { SubscriptionNeeds } from './needs.ts'
import { move, standing, type Standing } from './standing.ts'

export const handshake =
  (needs: SubscriptionNeeds): Handler =>
  async (job, { signal }) => {
    const subscription = await standing(needs, job.key)
    if (subscription?.wanted.status !== 'requested') return { done: true }
    const count = await needs.store.eventCount(job.key)
    const outcome = await send(needs, subscription, { type: 'handshake', count }, signal)
    if (outcome.accepted)
      await move(needs, subscription, {
        status: 'active',
        jobs: following(subscription, needs.clock.now()),
        claim: job,
      })
    else
      await move(needs, subscription, { status: 'error', error: `The handshake failed. ${outcome.text}`, claim: job })
    return { done: true }
  }

/** What begins with a subscription: telling what happened since it was created, and heartbeats if it wants them. */
function following({ wanted: { id, heartbeat } }: Standing, now: number): readonly NewJob[] {
  const delivery: NewJob = { kind: DELIVER, key: id, due: now, payload: FRESH }
  return heartbeat === undefined ? [delivery] : [delivery, { kind: HEARTBEAT, key: id, due: now + heartbeat * 1000 }]
}
