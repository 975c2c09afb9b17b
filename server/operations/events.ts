/**
 * $events: what a subscription was or should have been told, by number, so that a subscriber can close a gap.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/OperationDefinition-backport-subscription-events.html
 */
import { randomUUID } from 'node:crypto'
import { backportOperation } from '../domain/subscription/extensions.ts'
import { buildNotification, fitting, type NotifiedEvent } from '../domain/subscription/notification.ts'
import { contentOf, CONTENTS, readSpec, type Content } from '../domain/subscription/spec.ts'
import { refuse } from '../fhir/outcome.ts'
import { readParameters, type Declared } from '../fhir/parameters.ts'
import type { Json, Resource } from '../fhir/types.ts'
import type { Call } from '../interactions/call.ts'
import { viewerOf } from '../interactions/target.ts'
import type { Store } from '../store/store.ts'
import type { Operation } from './operation.ts'
import { ownSubscription } from './own-subscription.ts'

const DECLARED: readonly Declared[] = [
  { name: 'eventsSinceNumber', min: 0, max: '1', type: 'string' },
  { name: 'eventsUntilNumber', min: 0, max: '1', type: 'string' },
  { name: 'content', min: 0, max: '1', type: 'code' },
]

/** Events and bytes in one answer; ask again from the highest number on for more. */
const MOST = 200
const MOST_BYTES = 5 * 1024 * 1024

type Needs = { readonly store: Store; readonly newId: () => string }

export const subscriptionEvents = ({ store, newId }: Needs): Operation => ({
  name: 'events',
  definition: backportOperation('backport-subscription-events'),
  levels: ['instance'],
  types: ['Subscription'],
  affectsState: false,
  async run(call) {
    const asked = readParameters(DECLARED, call)
    const version = await ownSubscription(store, call)
    const wanted = readSpec(JSON.parse(version.text) as Resource)
    const content = contentAsked(asked.content) ?? wanted.content
    const from = numberAsked('eventsSinceNumber', asked.eventsSinceNumber) ?? 1
    const to = numberAsked('eventsUntilNumber', asked.eventsUntilNumber)
    const events = await store.events(wanted.id, { from, limit: MOST, ...(to === undefined ? {} : { to }) })
    const text = buildNotification(wanted, {
      base: call.base,
      type: 'query-event',
      content,
      count: await store.eventCount(wanted.id),
      events: fitting(await seen(store, call, events), MOST_BYTES),
      now: call.now,
      ids: [newId(), randomUUID()],
    })
    return { status: 200, text }
  },
})

/** With the caller's eyes: what it may no longer know of is a number only. */
function seen(
  store: Store,
  call: Call,
  events: Awaited<ReturnType<Store['events']>>,
): Promise<readonly NotifiedEvent[]> {
  return Promise.all(
    events.map(async (event) => {
      const record = await store.vread(event, event.version, viewerOf(call))
      return { number: event.number, at: event.at, ...(record ? { record } : {}) }
    }),
  )
}

function contentAsked(value: Json | undefined): Content | undefined {
  const content = contentOf(value)
  if (value === undefined || content) return content
  throw refuse('invalid-parameter', `\`content\` is \`${String(value)}\`; it takes ${CONTENTS.join(', ')}.`)
}

function numberAsked(name: string, value: Json | undefined): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value)
  throw refuse('invalid-parameter', `\`${name}\` is \`${String(value)}\`; it takes the number of an event.`)
}
