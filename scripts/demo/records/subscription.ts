/** A rest-hook subscription to one topic, with the number and the address of each record that changed. */
import { ROOT, type Resource } from '../fhir.ts'

const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition'

export function subscriptionTo(topic: string, filter: string, endpoint: string): Resource {
  const narrowed = { extension: [{ url: `${BACKPORT}/backport-filter-criteria`, valueString: filter }] }
  return {
    resourceType: 'Subscription',
    status: 'requested',
    reason: `To be told of ${topic}`,
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
