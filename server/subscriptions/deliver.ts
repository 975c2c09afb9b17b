/**
 * Delivery: events are sent in the order of their numbers, the next notification only after the one before was accepted.
 * At least once: an event whose acceptance was not recorded is sent again, under the same webhook-id.
 */
import { DELIVER } from '../domain/subscription/job-kinds.ts'
import { waitAfter } from '../jobs/retry.ts'
import type { JobHandler } from '../jobs/worker.ts'
import type { Job, Settlement } from '../store/store.ts'
import type { DeliveryOutcome } from './channels/channel.ts'
import { nextEvents, send, sentBefore, sentCursor } from './delivery-queue.ts'
import type { SubscriptionNeeds } from './needs.ts'
import { changeStatus, commitUnderClaim, readSubscription, type StoredSubscription } from './subscription-record.ts'

/**
 * The payload of a delivery job: failures in a row, and when the next attempt may be. A new event brings the job
 * forward; it does not shorten the wait for an endpoint that is down.
 */
type DeliveryState = { readonly failures?: number; readonly notBefore?: number }

/** No failures yet. */
export const FRESH: DeliveryState = {}

/** Notifications in one claim; then other subscriptions get their turn. */
const BURST = 50

export const deliver =
  (needs: SubscriptionNeeds): JobHandler =>
  async (job, { signal }) => {
    const { notBefore = 0, failures = 0 } = (job.payload ?? FRESH) as DeliveryState
    if (notBefore > needs.clock.now())
      return { again: notBefore, error: 'The endpoint failed; the next attempt is scheduled.' }
    let failed = failures
    for (let turn = 0; turn < BURST; turn++) {
      const step = await deliverNext(needs, job, failed, signal)
      if (step !== 'accepted') return step
      failed = 0
    }
    return { again: needs.clock.now() }
  }

async function deliverNext(
  needs: SubscriptionNeeds,
  job: Job,
  failures: number,
  signal: AbortSignal,
): Promise<Settlement | 'accepted'> {
  const { store, clock } = needs
  const subscription = await readSubscription(needs, job.key)
  if (subscription?.spec.status !== 'active' || hasEnded(subscription, clock.now())) return { done: true }
  const sent = await sentBefore(needs, job)
  const events = await nextEvents(needs, job, subscription, sent)
  const last = events.at(-1)
  if (!last) return { done: true }

  const outcome = await send(needs, subscription, { type: 'event-notification', count: last.number, events }, signal)
  if (!outcome.accepted) return afterFailure(needs, job, subscription, { failures: failures + 1, outcome })
  await commitUnderClaim(
    store.commit({
      cursors: [{ name: sentCursor(job.key), from: sent, to: last.number }],
      jobs: failures > 0 ? [{ kind: DELIVER, key: job.key, due: clock.now(), payload: FRESH }] : [],
      claim: job,
    }),
  )
  return 'accepted'
}

const hasEnded = ({ spec }: StoredSubscription, now: number): boolean => spec.end !== undefined && spec.end <= now

type Failed = { readonly failures: number; readonly outcome: Extract<DeliveryOutcome, { accepted: false }> }

/** After a failure: schedules the next attempt, or puts the subscription in error. Its events stay, and are numbered on. */
async function afterFailure(
  needs: SubscriptionNeeds,
  job: Job,
  subscription: StoredSubscription,
  { failures, outcome }: Failed,
): Promise<Settlement> {
  const { store, clock, retrySchedule, log } = needs
  const wait = outcome.gone ? undefined : waitAfter(failures, retrySchedule, needs.random(), outcome.retryAfter)
  log.warn('delivery failed', { key: job.key, count: failures })
  if (wait === undefined) {
    const error = outcome.gone
      ? outcome.text
      : `${outcome.text} It was tried ${failures} times. Write the subscription as \`requested\` to go on.`
    await changeStatus(needs, subscription, { status: outcome.gone ? 'off' : 'error', error, claim: job })
    return { done: true }
  }
  const notBefore = clock.now() + wait
  const state: DeliveryState = { failures, notBefore }
  await commitUnderClaim(
    store.commit({ jobs: [{ kind: DELIVER, key: job.key, due: notBefore, payload: state }], claim: job }),
  )
  return { again: notBefore, error: outcome.text }
}
