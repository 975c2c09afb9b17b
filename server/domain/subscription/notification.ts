/**
 * The Bundle that a notification is, and that $events answers: the status first, then (full-resource) the resources.
 * Built as text around the stored text of the resources, so that decimals stay as written.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/StructureDefinition-backport-subscription-notification-r4.html
 */
import { fullUrl, type Recorded } from '../../fhir/bundle.ts'
import { formatEtag } from '../../fhir/etag.ts'
import { keyText, type JsonObject, type Key } from '../../fhir/types.ts'
import { backportProfile } from './extensions.ts'
import { buildStatus, type NotificationType, type StatusOf, type StatusEvent } from './status.ts'
import type { Content, SubscriptionSpec } from './spec.ts'

/**
 * An event with the version that it is about; absent when the subscriber may not (or no longer) know of the record.
 * `gone`: the record of which it lost sight by the change itself, as an id alone.
 */
export type NotifiedEvent = {
  readonly number: number
  readonly at: number
  readonly record?: Recorded
  readonly gone?: Key
}

export type Notification = {
  readonly base: string
  readonly type: NotificationType
  readonly content: Content
  /** Events of the subscription so far. */
  readonly count: number
  readonly events?: readonly NotifiedEvent[]
  readonly now: number
  /** What is missing, as a sentence. */
  readonly error?: string
  /** New ids of the Bundle and (a UUID) of the status. */
  readonly ids: readonly [bundle: string, status: string]
}

/** JSON text of the Bundle for a subscription. No resource and no address in it is of a record that `events` leaves out. */
export function buildNotification({ id, topic, status }: SubscriptionSpec, notification: Notification): string {
  const { base, type, content, count, now, ids, error } = notification
  const events = notification.events ?? []
  const named = content !== 'empty'
  const first: StatusOf = {
    base,
    subscription: id,
    ...(named ? { topic } : {}),
    status,
    type,
    count,
    events: events.map((event) => statusEvent(event, named)),
    ...(error === undefined ? {} : { error }),
  }
  const resources = content === 'full-resource' ? events.flatMap((event) => entriesOf(base, event)) : []
  const head = JSON.stringify({
    resourceType: 'Bundle',
    id: ids[0],
    meta: { profile: [backportProfile('backport-subscription-notification-r4')] },
    type: 'history',
    timestamp: new Date(now).toISOString(),
  })
  return `${head.slice(0, -1)},"entry":[${[statusEntry(ids[1], first), ...resources].join(',')}]}`
}

/** The first events that fit into so many bytes of full resources; one always does. */
export function fitting(events: readonly NotifiedEvent[], most: number): readonly NotifiedEvent[] {
  let bytes = 0
  const end = events.findIndex(({ record }, index) => {
    bytes += Buffer.byteLength(record?.text ?? '') + AROUND
    return index > 0 && bytes > most
  })
  return end < 0 ? events : events.slice(0, end)
}

/** Bytes that an event adds besides its resource, at most. */
const AROUND = 1024

function statusEvent({ number, at, record, gone }: NotifiedEvent, named: boolean): StatusEvent {
  const focus = record ?? gone
  return named && focus ? { number, at, focus: keyText(focus) } : { number, at }
}

function statusEntry(id: string, of: StatusOf): string {
  return JSON.stringify({
    fullUrl: `urn:uuid:${id}`,
    resource: buildStatus(id, of),
    request: { method: 'GET', url: `${of.base}/Subscription/${of.subscription}/$status` },
    response: { status: '200' },
  })
}

function entriesOf(base: string, { record, gone }: NotifiedEvent): readonly string[] {
  if (record) return [resourceEntry(base, record)]
  return gone ? [goneEntry(base, gone)] : []
}

/** What the subscriber would get if it read the record: it is not told whether the record was deleted or hidden. */
const goneEntry = (base: string, key: Key): string =>
  JSON.stringify({
    fullUrl: fullUrl(base, key),
    request: { method: 'GET', url: keyText(key) },
    response: { status: '404' },
  })

/** A version as its change was; a deletion has no resource (bdl-3, bdl-4: request and response always). */
function resourceEntry(base: string, record: Recorded): string {
  const address = JSON.stringify(fullUrl(base, record))
  const resource = record.text === '' ? '' : `"resource":${record.text},`
  return `{"fullUrl":${address},${resource}"request":${JSON.stringify(requestOf(record))},"response":${JSON.stringify(responseOf(record))}}`
}

function requestOf(record: Recorded): JsonObject {
  return record.method === 'POST'
    ? { method: 'POST', url: record.type }
    : { method: record.method, url: keyText(record) }
}

const responseOf = (record: Recorded): JsonObject => ({
  status: record.method === 'DELETE' ? '204' : record.version === 1 ? '201' : '200',
  etag: formatEtag(record.version),
  lastModified: new Date(record.at).toISOString(),
})
