/** The operations of the hub. */
import { consentCheck, why } from './access-reasons.ts'
import { everything, type EverythingNeeds } from './everything.ts'
import { fileConsent, revokeFastConsent } from './fast-consent.ts'
import { intakePackage, type IntakeNeeds } from './intake-package.ts'
import { adjudicate, appeal } from './adjudicate.ts'
import { listJobs } from './jobs.ts'
import { match, type MatchNeeds } from './match.ts'
import { claim, openReferrals } from './open-referrals.ts'
import { proposeReferrals } from './propose-referrals.ts'
import { meta, metaAdd, metaDelete } from './meta.ts'
import { merge, undoMerge, type MergeNeeds } from './merge.ts'
import { proposeChange } from './propose-change.ts'
import { reconcile } from './reconcile.ts'
import { refer } from './refer.ts'
import type { ReferralNeeds } from './referrals.ts'
import { requestAccess } from './request-access.ts'
import { referralConservation } from './referral-conservation.ts'
import { retryJob } from './retry-job.ts'
import type { Call } from '../interactions/call.ts'
import type { ConservationNeeds } from '../jobs/count-referrals.ts'
import { withLocalReferences } from '../interactions/local-references.ts'
import { issuesAsSent } from './sent-expression.ts'
import { submitReferrals } from './submit-referrals.ts'
import { revokeConsent } from './revoke-consent.ts'
import { subscriptionEvents } from './events.ts'
import { subscriptionStatus } from './status.ts'
import { transferCaseManager } from './transfer-case.ts'
import { terminologyOperations } from './terminology/index.ts'
import { validate } from './validate.ts'
import { warnings, type WarningsNeeds } from './warnings.ts'
import type { Operation } from './operation.ts'

export type OperationNeeds = ReferralNeeds &
  MatchNeeds &
  MergeNeeds &
  EverythingNeeds &
  IntakeNeeds &
  WarningsNeeds &
  ConservationNeeds

/**
 * All of them. Each takes references to records of the hub in any form, as a create does, and its issues name elements of
 * the body that was sent, or none.
 */
export const operations = (needs: OperationNeeds): readonly Operation[] =>
  list(needs).map((one) => ({
    ...one,
    run: (call) => issuesAsSent(call, {}, async () => one.run(withLocalBody(call))),
  }))

const withLocalBody = (call: Call): Call =>
  call.body?.resourceType === 'Parameters' ? { ...call, body: withLocalReferences(call.body, call.base) } : call

const list = (needs: OperationNeeds): readonly Operation[] => [
  validate(needs),
  reconcile(needs),
  proposeReferrals(needs),
  submitReferrals(needs),
  refer(needs),
  merge(needs),
  undoMerge(needs),
  meta(needs),
  metaAdd(needs),
  metaDelete(needs),
  revokeConsent(needs),
  fileConsent(needs),
  revokeFastConsent(needs),
  why(needs),
  consentCheck(needs),
  proposeChange(needs),
  match(needs),
  requestAccess(needs),
  openReferrals(needs),
  claim(needs),
  transferCaseManager(needs),
  everything(needs),
  intakePackage(needs),
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
