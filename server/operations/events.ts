/**
 * $events: the events of a subscription by number, so that a subscriber can close a gap.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/OperationDefinition-backport-subscription-events.html
 */
import { randomUUID } from 'node:crypto'
import { backportOperation } from '../domain/subscription/extensions.ts'
import { buildNotification, fitting, type NotifiedEvent } from '../domain/subscription/notification.ts'
import { contentOf, CONTENTS, readSpec, type Content } from '../domain/subscription/spec.ts'
import { refuse } from '../fhir/outcome.ts'
import { readParameters, type Declared } from '../fhir/parameters.ts'
import type { Json } from '../fhir/types.ts'
import { resourceOf } from '../records/resource.ts'
import { disclosing, insight, type View } from '../records/view.ts'
import { GONE, type Event, type Store } from '../store/store.ts'
import type { Operation } from './operation.ts'
import { ownSubscription } from './own-subscription.ts'

const DECLARED: readonly Declared[] = [
  { name: 'eventsSinceNumber', min: 0, max: '1', type: 'string' },
  { name: 'eventsUntilNumber', min: 0, max: '1', type: 'string' },
  { name: 'content', min: 0, max: '1', type: 'code' },
]

/** Events and bytes in one answer; the next call begins after the highest number. */
const MOST = 200
const MOST_BYTES = 5 * 1024 * 1024

export type EventsNeeds = { readonly store: Store; readonly newId: () => string }

export const subscriptionEvents = ({ store, newId }: EventsNeeds): Operation => ({
  name: 'events',
  definition: backportOperation('backport-subscription-events'),
  levels: ['instance'],
  types: ['Subscription'],
  affectsState: false,
  async run(call) {
    const parameters = readParameters(DECLARED, call)
    const view = insight(store, call.caller, call.now)
    const spec = readSpec(resourceOf(await ownSubscription(view, call)))
    const content = contentOption(parameters.content) ?? spec.content
    const from = numberOption('eventsSinceNumber', parameters.eventsSinceNumber) ?? 1
    const to = numberOption('eventsUntilNumber', parameters.eventsUntilNumber)
    const events = await store.events(spec.id, { from, limit: MOST, ...(to === undefined ? {} : { to }) })
    const shown = fitting(await notifiedEvents(view, events), MOST_BYTES)
    const count = await store.eventCount(spec.id)
    const error = purged(shown, { from: Math.max(from, 1), to: Math.min(to ?? count, count) })
    const text = buildNotification(spec, {
      base: call.base,
      type: 'query-event',
      content,
      count,
      events: shown,
      ...(error === undefined ? {} : { error }),
      now: call.now,
      ids: [newId(), randomUUID()],
    })
    const answer = disclosing(store, call.caller, call.now)
    answer.disclose({ type: 'Subscription', id: spec.id })
    if (content !== 'empty') for (const { record } of shown) if (record) answer.disclose(record)
    return { status: 200, text, disclosed: answer.disclosed() }
  },
})

/** Which of the numbers asked for are gone: numbers have no gaps, so what is missing at the beginning was removed. */
function purged(events: readonly NotifiedEvent[], { from, to }: { from: number; to: number }): string | undefined {
  const first = events[0]?.number ?? to + 1
  if (first <= from) return undefined
  return `The events ${from} to ${first - 1} were removed: events are kept for 14 days. Read the records themselves.`
}

/** A record that the caller may no longer know of is only a number. */
function notifiedEvents(view: View, events: readonly Event[]): Promise<readonly NotifiedEvent[]> {
  return Promise.all(
    events.map(async (event) => {
      const { type, id } = event
      if (event.version === GONE) return { number: event.number, at: event.at, gone: { type, id } }
      const record = await view.vread(event, event.version)
      return { number: event.number, at: event.at, ...(record ? { record } : {}) }
    }),
  )
}

function contentOption(value: Json | undefined): Content | undefined {
  const content = contentOf(value)
  if (value === undefined || content) return content
  throw refuse('invalid-parameter', `\`content\` is \`${String(value)}\`; it takes ${CONTENTS.join(', ')}.`)
}

function numberOption(name: string, value: Json | undefined): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value)
  throw refuse('invalid-parameter', `\`${name}\` is \`${String(value)}\`; it takes the number of an event.`)
}
