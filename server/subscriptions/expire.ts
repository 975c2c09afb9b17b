/** The end of a subscription that has one. https://hl7.org/fhir/R4/subscription-definitions.html#Subscription.end */
import type { JobHandler } from '../jobs/worker.ts'
import type { SubscriptionNeeds } from './needs.ts'
import { changeStatus, readSubscription } from './subscription-record.ts'

export const expire =
  (needs: SubscriptionNeeds): JobHandler =>
  async (job) => {
    const subscription = await readSubscription(needs, job.key)
    const end = subscription?.spec.end
    if (!subscription || end === undefined || subscription.spec.status === 'off') return { done: true }
    // It may have been moved to a later time since the job was written.
    if (end > needs.clock.now()) return { again: end }
    const moved = await changeStatus(needs, subscription, { status: 'off', claim: job })
    return moved ? { done: true } : { again: needs.clock.now() }
  }
