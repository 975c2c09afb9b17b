/** The operations of the hub. */
import { listJobs } from './jobs.ts'
import { proposeReferrals } from './propose-referrals.ts'
import { merge, undoMerge } from './merge.ts'
import { proposeChange } from './propose-change.ts'
import { reconcile } from './reconcile.ts'
import { refer } from './refer.ts'
import type { ReferralNeeds } from './referrals.ts'
import { retryJob } from './retry-job.ts'
import { submitReferrals } from './submit-referrals.ts'
import { subscriptionEvents } from './events.ts'
import { subscriptionStatus } from './status.ts'
import { terminologyOperations } from './terminology/index.ts'
import { validate } from './validate.ts'
import type { Operation } from './operation.ts'

export const operations = (needs: ReferralNeeds): readonly Operation[] => [
  validate(needs),
  reconcile(needs),
  proposeReferrals(needs),
  submitReferrals(needs),
  refer(needs),
  proposeChange(needs),
  merge(needs),
  undoMerge(needs),
  subscriptionStatus(needs),
  subscriptionEvents(needs),
  listJobs(needs),
  retryJob(needs),
  ...terminologyOperations(needs),
]
