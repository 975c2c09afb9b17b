/** A rest-hook subscription to one topic; each notification has event numbers and references to the changed records. */
import { ROOT, type DemoResource } from '../fhir.ts'

const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition'

export function subscriptionTo(topic: string, filter: string, endpoint: string): DemoResource {
  const narrowed = { extension: [{ url: `${BACKPORT}/backport-filter-criteria`, valueString: filter }] }
  return {
    resourceType: 'Subscription',
    status: 'requested',
    reason: `Notify us of ${topic}`,
    criteria: `${ROOT}/SubscriptionTopic/${topic}`,
    ...(filter ? { _criteria: narrowed } : {}),
    channel: {
      type: 'rest-hook',
      endpoint,
      payload: 'application/fhir+json',
      _payload: { extension: [{ url: `${BACKPORT}/backport-payload-content`, valueCode: 'id-only' }] },
    },
  }
}
