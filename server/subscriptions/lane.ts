/** The lane of a subscription: what it has been told, what comes next, and one attempt to send something. */
import { randomUUID } from 'node:crypto'
import { parseHeader } from '../domain/subscription/header.ts'
import { buildNotification, fitting, type Told } from '../domain/subscription/notification.ts'
import type { NotificationType } from '../domain/subscription/status.ts'
import type { Event } from '../store/store.ts'
import type { Outcome } from './channels/channel.ts'
import type { SubscriptionNeeds } from './needs.ts'
import type { Standing } from './standing.ts'

/** Bytes of a notification, and events in it, at most (one event always fits). */
const MOST_BYTES = 256 * 1024
const MOST_EVENTS = 100

/** The cursor of what a subscription was told: the number of the last event that its endpoint accepted. */
export const sentCursor = (id: string): string => `sent/${id}`

/** The next events after a number, as many as fit into one notification, each seen with the owner's eyes now. */
export async function nextEvents(
  needs: SubscriptionNeeds,
  { version, wanted }: Standing,
  sent: number,
): Promise<readonly Told[]> {
  const limit = Math.min(wanted.maxCount, MOST_EVENTS)
  const events = await needs.store.events(wanted.id, { from: sent + 1, limit })
  if (wanted.content === 'empty') return events.map(({ number, at }) => ({ number, at }))
  const told = await Promise.all(events.map((event) => seen(needs, event, version.owner)))
  return fitting(told, MOST_BYTES)
}

/** Who may know was asked when the event was made, and is asked again: a consent may have been revoked since. */
async function seen({ store, clock }: SubscriptionNeeds, event: Event, owner: string): Promise<Told> {
  const { number, at } = event
  const record = await store.vread(event, event.version, { agency: owner, at: clock.now() })
  return record ? { number, at, record } : { number, at }
}

export type Sending = { readonly type: NotificationType; readonly count: number; readonly events?: readonly Told[] }

/** One attempt to tell the subscription something. @throws Interrupted */
export async function send(
  needs: SubscriptionNeeds,
  { wanted }: Standing,
  sending: Sending,
  signal: AbortSignal,
): Promise<Outcome> {
  const channel = needs.channels[wanted.channel]
  if (!channel) return { accepted: false, text: `The channel \`${wanted.channel}\` is not offered.` }
  const now = needs.clock.now()
  const body = buildNotification(wanted, {
    ...sending,
    base: needs.base(),
    content: wanted.content,
    now,
    ids: [needs.clock.newId(), randomUUID()],
  })
  const seconds = Math.min(wanted.timeout ?? needs.requestTimeout, needs.requestTimeout)
  return channel(
    { endpoint: wanted.endpoint, headers: headersOf(needs, wanted, sending, now), body, timeout: seconds * 1000 },
    signal,
  )
}

/**
 * The headers of https://www.standardwebhooks.com: the id stays the same over retries, the timestamp is the attempt's.
 */
function headersOf(
  { clock }: SubscriptionNeeds,
  { id, payload, headers }: Standing['wanted'],
  { type, events = [] }: Sending,
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
