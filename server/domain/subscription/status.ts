/**
 * The status of a subscription as Parameters: the first entry of every notification, and what $status answers.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/StructureDefinition-backport-subscription-status-r4.html
 */
import type { JsonObject, Resource } from '../../fhir/types.ts'
import { backportProfile } from './extensions.ts'

export type NotificationType = 'handshake' | 'heartbeat' | 'event-notification' | 'query-status' | 'query-event'

/** One event of a notification. `focus` (`Type/id`) is absent for content `empty` and for a record that its owner may no longer see. */
export type StatusEvent = { readonly number: number; readonly at: number; readonly focus?: string }

export type StatusOf = {
  /** The hub's address. */
  readonly base: string
  readonly subscription: string
  /** Absent for content `empty`. */
  readonly topic?: string
  readonly status: string
  readonly type: NotificationType
  /** How many events there were since the subscription began, notified or not. */
  readonly count: number
  readonly events?: readonly StatusEvent[]
  /** What went wrong last. */
  readonly error?: string
}

/** `id` is the id of the Parameters resource, a UUID. Numbers are strings: R4 has no integer64. */
export function buildStatus(id: string, of: StatusOf): Resource & { readonly id: string } {
  return {
    resourceType: 'Parameters',
    id,
    meta: { profile: [backportProfile('backport-subscription-status-r4')] },
    parameter: [
      { name: 'subscription', valueReference: { reference: `${of.base}/Subscription/${of.subscription}` } },
      ...(of.topic === undefined ? [] : [{ name: 'topic', valueCanonical: of.topic }]),
      { name: 'status', valueCode: of.status },
      { name: 'type', valueCode: of.type },
      { name: 'events-since-subscription-start', valueString: String(of.count) },
      ...(of.events ?? []).map((event) => eventParameter(of.base, event)),
      ...(of.error === undefined ? [] : [{ name: 'error', valueCodeableConcept: { text: of.error } }]),
    ],
  }
}

const eventParameter = (base: string, { number, at, focus }: StatusEvent): JsonObject => ({
  name: 'notification-event',
  part: [
    { name: 'event-number', valueString: String(number) },
    { name: 'timestamp', valueInstant: new Date(at).toISOString() },
    ...(focus === undefined ? [] : [{ name: 'focus', valueReference: { reference: `${base}/${focus}` } }]),
  ],
})
