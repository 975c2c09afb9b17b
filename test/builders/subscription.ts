/** A subscription to a topic of the hub: https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/ */
import type { JsonObject } from '../../server/fhir/types.ts'
import { BACKPORT, ROOT, type Body } from './coding.ts'

export type SubscriptionOptions = {
  readonly topic?: string
  readonly filters?: readonly string[]
  readonly content?: string
  readonly maxCount?: number
  readonly timeout?: number
  readonly heartbeat?: number
  readonly headers?: readonly string[]
  readonly end?: string
  readonly status?: string
}

/** By default to referrals created, id-only. */
export function subscription(endpoint: string, options: SubscriptionOptions = {}): Body {
  const filters = (options.filters ?? []).map((valueString) => ({
    url: `${BACKPORT}/backport-filter-criteria`,
    valueString,
  }))
  return {
    resourceType: 'Subscription',
    status: options.status ?? 'requested',
    reason: 'Learn of changes',
    criteria: `${ROOT}/SubscriptionTopic/${options.topic ?? 'referral-created'}`,
    ...(filters.length > 0 ? { _criteria: { extension: filters } } : {}),
    ...(options.end ? { end: options.end } : {}),
    channel: {
      ...channelExtensions(options),
      type: 'rest-hook',
      endpoint,
      ...(options.headers ? { header: options.headers } : {}),
      payload: 'application/fhir+json',
      _payload: {
        extension: [{ url: `${BACKPORT}/backport-payload-content`, valueCode: options.content ?? 'id-only' }],
      },
    },
  }
}

function channelExtensions({ heartbeat, timeout, maxCount }: SubscriptionOptions): JsonObject {
  const extension = [
    ...(heartbeat === undefined ? [] : [{ url: `${BACKPORT}/backport-heartbeat-period`, valueUnsignedInt: heartbeat }]),
    ...(timeout === undefined ? [] : [{ url: `${BACKPORT}/backport-timeout`, valueUnsignedInt: timeout }]),
    ...(maxCount === undefined ? [] : [{ url: `${BACKPORT}/backport-max-count`, valuePositiveInt: maxCount }]),
  ]
  return extension.length > 0 ? { extension } : {}
}
