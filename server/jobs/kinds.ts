/** Every kind of job: what its key names, and what the job does. `$jobs` and docs/reference/jobs.md show this table. */
import { DELIVER, EXPIRE, HANDSHAKE, HEARTBEAT, MEMBERSHIP_PERIOD, PURGE } from '../domain/subscription/job-kinds.ts'
import { OFFER_REFERRAL } from '../domain/referral/job-kind.ts'
import { CONSENT_TIMER_JOB } from '../domain/timer/consent-steps.ts'
import { REFERRAL_TIMER } from '../domain/timer/job-kind.ts'
import { leaseKind } from './log-lease.ts'
import { OFFERS } from './offer-referral.ts'
import { ASYNC_REQUEST } from '../write/async-requests.ts'
import { REINDEX } from '../write/index-state.ts'
import { REINDEX_AT_START } from './reindex.ts'

export type JobKind = {
  readonly kind: string
  /** What the key of a job of this kind is. */
  readonly key: string
  /** What the job does, as a sentence. */
  readonly does: string
}

const SUBSCRIPTION = 'id of the Subscription'

export const JOB_KINDS: readonly JobKind[] = [
  { kind: HANDSHAKE, key: SUBSCRIPTION, does: 'Sends the handshake to a new endpoint and activates the subscription.' },
  {
    kind: DELIVER,
    key: SUBSCRIPTION,
    does: 'Sends the notifications that the endpoint has not accepted yet, in order.',
  },
  { kind: HEARTBEAT, key: SUBSCRIPTION, does: 'Sends a heartbeat while there is no event.' },
  { kind: EXPIRE, key: SUBSCRIPTION, does: 'Turns the subscription off at its end.' },
  {
    kind: PURGE,
    key: '`events`',
    does: 'Removes, once a day, the events of subscriptions that are older than 14 days, but for the last one of each.',
  },
  {
    kind: REFERRAL_TIMER,
    key: 'id of the Task',
    does: 'Warns when a referral is not acted upon: a job for each open referral, due when its next timer is.',
  },
  {
    kind: CONSENT_TIMER_JOB,
    key: 'id of the Patient',
    does: 'Asks for a new consent before one ends: a job for each participant with a consent that ends, due when its next step is.',
  },
  {
    kind: ASYNC_REQUEST,
    key: 'id of the request',
    does: 'Carries out a request with `Prefer: respond-async`, and removes its result when its time is over.',
  },
  {
    kind: REINDEX,
    key: 'type of the records',
    does: 'Writes the index entries of all records of a type after a search parameter was added, changed or removed.',
  },
  {
    kind: REINDEX_AT_START,
    key: 'type of the records',
    does: 'The same for entries that the rules of the hub need; the hub listens when it is done.',
  },
  {
    kind: leaseKind('matcher'),
    key: '`matcher`',
    does: 'Held by the process that makes events of changes; it runs as long as that process does and is never done.',
  },
  {
    kind: MEMBERSHIP_PERIOD,
    key: 'id of the participant',
    does: 'Makes the events of a membership that begins or ends by the period of a consent, at that time.',
  },
  {
    kind: OFFER_REFERRAL,
    key: 'id of the Task',
    does: 'Finds out which agencies may claim an open referral, after a change and when a consent begins or ends.',
  },
  {
    kind: leaseKind(OFFERS),
    key: '`offers`',
    does: 'Held by the process that watches the log for what changes who may claim open referrals; never done either.',
  },
]
