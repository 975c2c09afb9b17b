/**
 * Every metric of the hub but those of requests (requests.ts) and of the process (process.ts). docs/operate.md lists all of
 * them; a test compares. No label and no value is about one agency or participant.
 * https://prometheus.io/docs/practices/naming/
 */
import type { ReferralState } from '../domain/timer/conservation.ts'
import type { CountedReferrals } from '../jobs/count-referrals.ts'
import { JOB_KINDS } from '../jobs/kinds.ts'
import { JOB_STATES, type JobCount } from '../store/job-state.ts'
import type { StoreStats } from '../store/store.ts'
import type { Computed } from './recent.ts'
import type { SubscriptionFigures } from './subscriptions.ts'

/** What the metrics are made of, read for one scrape. What was never computed yet is absent. */
export type Reading = {
  /** ms */
  readonly now: number
  readonly sequence: number
  readonly stats: StoreStats
  readonly readers: readonly ReaderLag[]
  readonly index: readonly IncompleteIndex[]
  readonly referrals: Computed<CountedReferrals> | undefined
  readonly jobs: Computed<readonly JobCount[]> | undefined
  readonly subscriptions: Computed<SubscriptionFigures> | undefined
}

/** How far a log reader is behind: commits that it has not read, and the age of the oldest of them. */
export type ReaderLag = { readonly reader: string; readonly commits: number; readonly seconds: number }

/** A type with search parameters whose index is not complete: `done` of `total` records. */
export type IncompleteIndex = {
  readonly type: string
  readonly parameters: number
  readonly done: number
  readonly total: number
}

type Sample = readonly [value: number, labels?: Readonly<Record<string, string>>]

export type MetricRow = {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly labels?: readonly string[]
  readonly help: string
  /** None: the metric is left out. */
  samples(reading: Reading): readonly Sample[]
}

export const METRICS: readonly MetricRow[] = [
  {
    name: 'referrals_unaccounted',
    type: 'gauge',
    help: 'Referrals that were sent, are open, and that no timer watches: there must be none.',
    samples: ({ referrals }) => of(referrals, ({ unaccounted }) => [[unaccounted.length]]),
  },
  {
    name: 'hub_referrals',
    type: 'gauge',
    labels: ['state'],
    help: 'Referrals that were sent: closed with an outcome, ended otherwise, armed (open, a timer runs), warned (open), unaccounted.',
    samples: ({ referrals }) =>
      of(referrals, ({ states }) => REFERRAL_STATES.map((state) => [states.get(state) ?? 0, { state }])),
  },
  {
    name: 'hub_sequence',
    type: 'gauge',
    help: 'The sequence of the last commit.',
    samples: ({ sequence }) => [[sequence]],
  },
  {
    name: 'hub_commits_total',
    type: 'counter',
    help: 'Commits of this process.',
    samples: ({ stats }) => [[stats.commits]],
  },
  {
    name: 'hub_store_transactions_total',
    type: 'counter',
    help: 'Transactions of the store in which this process made its commits durable, each by one fsync for several commits.',
    samples: ({ stats }) => [[stats.groups]],
  },
  {
    name: 'hub_records',
    type: 'gauge',
    help: 'Records that were ever created, deleted and internal ones too.',
    samples: ({ stats }) => [[stats.records]],
  },
  {
    name: 'hub_store_bytes',
    type: 'gauge',
    help: 'What the store takes on disk; 0 for a store in memory.',
    samples: ({ stats }) => [[stats.bytes]],
  },
  {
    name: 'hub_log_reader_lag_commits',
    type: 'gauge',
    labels: ['reader'],
    help: 'Commits that a log reader has not read yet: matcher makes events of them, offers announces open referrals, process-state keeps posted definitions, agencies and the index current.',
    samples: ({ readers }) => readers.map(({ reader, commits }) => [commits, { reader }]),
  },
  {
    name: 'hub_log_reader_lag_seconds',
    type: 'gauge',
    labels: ['reader'],
    help: 'Age of the oldest commit that a log reader has not read yet; 0 when it has read all.',
    samples: ({ readers }) => readers.map(({ reader, seconds }) => [seconds, { reader }]),
  },
  {
    name: 'hub_jobs',
    type: 'gauge',
    labels: ['kind', 'state'],
    help: 'Jobs by kind and state: ready (due), scheduled (due later), running, failed (waits for a person).',
    samples: ({ jobs }) =>
      of(jobs, (counts) =>
        KINDS.flatMap((kind) => LIVE.map((state) => [jobsOf(counts, kind, state)?.count ?? 0, { kind, state }])),
      ),
  },
  {
    name: 'hub_job_oldest_due_seconds',
    type: 'gauge',
    labels: ['kind'],
    help: 'For how long the oldest job that is ready has been due; 0 when none is.',
    samples: ({ jobs }) =>
      of(jobs, (counts, at) =>
        KINDS.map((kind) => [secondsSince(jobsOf(counts, kind, 'ready')?.due, at), { kind }] as const),
      ),
  },
  {
    name: 'hub_subscriptions',
    type: 'gauge',
    labels: ['status'],
    help: 'Subscriptions of all agencies, by status.',
    samples: ({ subscriptions }) =>
      of(subscriptions, ({ statuses }) => STATUSES.map((status) => [statuses.get(status) ?? 0, { status }])),
  },
  {
    name: 'hub_notifications_pending',
    type: 'gauge',
    help: 'Events that the endpoints of active subscriptions have not accepted yet.',
    samples: ({ subscriptions }) => of(subscriptions, ({ pending }) => [[pending]]),
  },
  {
    name: 'hub_notifications_pending_seconds',
    type: 'gauge',
    help: 'Age of the oldest event that the endpoint of an active subscription has not accepted yet; 0 when there is none.',
    samples: ({ subscriptions }) => of(subscriptions, ({ since }, at) => [[secondsSince(since, at)]]),
  },
  {
    name: 'hub_index_incomplete_parameters',
    type: 'gauge',
    help: 'Search parameters, over all types, whose index is not complete: searches by them are refused.',
    samples: ({ index }) => [[index.reduce((sum, { parameters }) => sum + parameters, 0)]],
  },
  {
    name: 'hub_index_records_done',
    type: 'gauge',
    labels: ['type'],
    help: 'Records of a type that is being indexed, as far as the job has come; absent for a type whose index is complete.',
    samples: ({ index }) => index.map(({ type, done }) => [done, { type }]),
  },
  {
    name: 'hub_index_records',
    type: 'gauge',
    labels: ['type'],
    help: 'Records of a type that is being indexed, in all; absent for a type whose index is complete.',
    samples: ({ index }) => index.map(({ type, total }) => [total, { type }]),
  },
  {
    name: 'hub_figures_timestamp_seconds',
    type: 'gauge',
    labels: ['figures'],
    help: 'When the figures that are not computed at every scrape were computed (Unix time): referrals, jobs, subscriptions.',
    samples: (reading) =>
      FIGURES.flatMap((figures) => {
        const at = reading[figures]?.at
        return at === undefined ? [] : [[at / 1000, { figures }] as const]
      }),
  },
  {
    name: 'hub_figures_duration_seconds',
    type: 'gauge',
    labels: ['figures'],
    help: 'How long it took to compute them, pauses included.',
    samples: (reading) =>
      FIGURES.flatMap((figures) => {
        const seconds = reading[figures]?.seconds
        return seconds === undefined ? [] : [[seconds, { figures }] as const]
      }),
  },
]

const REFERRAL_STATES: readonly ReferralState[] = ['closed', 'ended', 'armed', 'warned', 'unaccounted']
/** https://hl7.org/fhir/R4/valueset-subscription-status.html */
const STATUSES = ['requested', 'active', 'error', 'off']
const KINDS = JOB_KINDS.map(({ kind }) => kind)
const LIVE = JOB_STATES.filter((state) => state !== 'done')
const FIGURES = ['referrals', 'jobs', 'subscriptions'] as const

/** The samples of what was computed; none before it was. */
const of = <T>(
  computed: Computed<T> | undefined,
  samples: (value: T, at: number) => readonly Sample[],
): readonly Sample[] => (computed ? samples(computed.value, computed.at) : [])

const jobsOf = (counts: readonly JobCount[], kind: string, state: string): JobCount | undefined =>
  counts.find((one) => one.kind === kind && one.state === state)

/** Of two instants in ms; 0 where there is no first one, or it is later. */
const secondsSince = (from: number | undefined, to: number): number =>
  from === undefined ? 0 : Math.max(0, (to - from) / 1000)
