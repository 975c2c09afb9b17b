/** The delivery queue of a subscription: what was accepted, what comes next, and one attempt to send a notification. */
import { randomUUID } from 'node:crypto'
import { parseHeader } from '../domain/subscription/header.ts'
import { buildNotification, fitting, type NotifiedEvent } from '../domain/subscription/notification.ts'
import type { NotificationType } from '../domain/subscription/status.ts'
import { insight } from '../records/view.ts'
import { GONE, type Event, type Job, type Store } from '../store/store.ts'
import type { DeliveryOutcome } from './channels/channel.ts'
import type { SubscriptionNeeds } from './needs.ts'
import { commitUnderClaim, type StoredSubscription } from './subscription-record.ts'

/** Events of a notification, at most. */
const MOST_EVENTS = 100

/** The cursor of what was accepted: the number of the last event that the endpoint accepted. */
export const sentCursor = (id: string): string => `sent/${id}`

/** The cursor of what is being sent: the number of the last event of a notification of several. */
const sendingCursor = (id: string): string => `sending/${id}`

/** The cursor of where delivery went on after the subscription was off: the sequence of the commit that turned it on. */
export const resumedCursor = (id: string): string => `resumed/${id}`

/**
 * The number after which delivery goes on. What happened while the subscription was off is numbered and can be fetched
 * ($events), but it is not delivered: the jump in the numbers shows it.
 * @throws Interrupted when the claim was lost
 */
export async function sentBefore({ store }: SubscriptionNeeds, job: Job): Promise<number> {
  const name = sentCursor(job.key)
  const [cursor, resumed] = await Promise.all([store.cursor(name), store.cursor(resumedCursor(job.key))])
  let sent = cursor
  for (let skipping = resumed > 0; skipping;) {
    const events = await store.events(job.key, { from: sent + 1, limit: SKIPPED_AT_ONCE })
    const missed = events.filter(({ sequence }) => sequence <= resumed)
    const last = missed.at(-1)?.number
    skipping = last !== undefined && missed.length === events.length
    if (last === undefined) break
    await commitUnderClaim(store.commit({ cursors: [{ name, from: sent, to: last }], claim: job }))
    sent = last
  }
  return sent
}

const SKIPPED_AT_ONCE = 500

/**
 * The events of the next notification after a number, each with what its owner may see now; none when all were accepted.
 * Where several go together, the last number is stored before they are sent, so that a retry sends the same ones: the
 * subscriber recognises it by its webhook-id.
 * @throws Interrupted when the claim was lost
 */
export async function nextEvents(
  needs: SubscriptionNeeds,
  job: Job,
  subscription: StoredSubscription,
  sent: number,
): Promise<readonly NotifiedEvent[]> {
  const { id, maxCount } = subscription.spec
  const limit = Math.min(maxCount, MOST_EVENTS)
  if (limit === 1) return notifiedEvents(needs, subscription, { from: sent + 1, limit })
  const sending = await needs.store.cursor(sendingCursor(id))
  if (sending > sent && sending - sent <= limit)
    return notifiedEvents(needs, subscription, { from: sent + 1, to: sending, limit })
  const events = fitting(await notifiedEvents(needs, subscription, { from: sent + 1, limit }), needs.notificationLimit)
  const last = events.at(-1)
  if (last)
    await commitUnderClaim(
      needs.store.commit({ cursors: [{ name: sendingCursor(id), from: sending, to: last.number }], claim: job }),
    )
  return events
}

async function notifiedEvents(
  needs: SubscriptionNeeds,
  { version, spec }: StoredSubscription,
  range: Parameters<Store['events']>[1],
): Promise<readonly NotifiedEvent[]> {
  const events = await needs.store.events(spec.id, range)
  if (spec.content === 'empty') return events.map(({ number, at }) => ({ number, at }))
  return Promise.all(events.map((event) => notifiedEvent(needs, event, version.owner)))
}

/** Visibility was checked when the event was made, and is checked again: a consent may have been revoked since. */
async function notifiedEvent({ store, clock }: SubscriptionNeeds, event: Event, owner: string): Promise<NotifiedEvent> {
  const { number, at, type, id } = event
  if (event.version === GONE) return { number, at, gone: { type, id } }
  const view = insight(store, { agency: owner, role: 'agency' }, clock.now())
  const record = await view.vread(event, event.version)
  return record ? { number, at, record } : { number, at }
}

export type OutgoingNotification = {
  readonly type: NotificationType
  readonly count: number
  readonly events?: readonly NotifiedEvent[]
}

/** One attempt to send a notification. @throws Interrupted */
export async function send(
  needs: SubscriptionNeeds,
  { spec }: StoredSubscription,
  sending: OutgoingNotification,
  signal: AbortSignal,
): Promise<DeliveryOutcome> {
  const channel = needs.channels[spec.channel]
  if (!channel) return { accepted: false, text: `The channel \`${spec.channel}\` is not offered.` }
  const now = needs.clock.now()
  const body = buildNotification(spec, {
    ...sending,
    base: needs.base(),
    content: spec.content,
    now,
    ids: [needs.clock.newId(), randomUUID()],
  })
  const seconds = Math.min(spec.timeout ?? needs.requestTimeout, needs.requestTimeout)
  return channel(
    { endpoint: spec.endpoint, headers: headersOf(needs, spec, sending, now), body, timeout: seconds * 1000 },
    signal,
  )
}

/**
 * The headers of https://www.standardwebhooks.com: the id stays the same over retries, the timestamp is the attempt's.
 */
function headersOf(
  { clock }: SubscriptionNeeds,
  { id, payload, headers }: StoredSubscription['spec'],
  { type, events = [] }: OutgoingNotification,
  now: number,
) {
  const numbers = events.length > 0 ? `${events[0]!.number}-${events.at(-1)!.number}` : `${type}-${clock.newId()}`
  const own = headers.flatMap((header) => {
    const parsed = parseHeader(header)
    return parsed ? [parsed] : []
  })
  return [
    ...own,
    ['Content-Type', payload],
    ['User-Agent', 'no-wrong-door'],
    ['webhook-id', `${id}-${numbers}`],
    ['webhook-timestamp', String(Math.floor(now / 1000))],
  ] as const
}
