/** The operations of the hub. */
import { adjudicate, appeal } from './adjudicate.ts'
import { listJobs } from './jobs.ts'
import { proposeReferrals } from './propose-referrals.ts'
import { reconcile } from './reconcile.ts'
import { refer } from './refer.ts'
import type { ReferralNeeds } from './referrals.ts'
import { referralConservation, type ConservationNeeds } from './referral-conservation.ts'
import { retryJob } from './retry-job.ts'
import { submitReferrals } from './submit-referrals.ts'
import { subscriptionEvents } from './events.ts'
import { subscriptionStatus } from './status.ts'
import { terminologyOperations } from './terminology/index.ts'
import { validate } from './validate.ts'
import { warnings, type WarningsNeeds } from './warnings.ts'
import type { Operation } from './operation.ts'

export const operations = (needs: ReferralNeeds & WarningsNeeds & ConservationNeeds): readonly Operation[] => [
  validate(needs),
  reconcile(needs),
  proposeReferrals(needs),
  submitReferrals(needs),
  refer(needs),
  subscriptionStatus(needs),
  subscriptionEvents(needs),
  listJobs(needs),
  retryJob(needs),
  warnings(needs),
  referralConservation(needs),
  appeal(needs),
  adjudicate(needs),
  ...terminologyOperations(needs),
]
