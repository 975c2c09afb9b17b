/** What the subscriptions need; built once by hub.ts. */
import type { Definitions } from '../definitions/definitions.ts'
import type { VisibilityRule } from '../domain/visibility/rule.ts'
import type { Resource } from '../fhir/types.ts'
import type { Sleep } from '../jobs/sleep.ts'
import type { IndexEntry } from '../search/query.ts'
import type { Store } from '../store/store.ts'
import type { Change } from '../write/change.ts'
import type { Along } from '../write/commit.ts'
import type { Channel } from './channels/channel.ts'

export type SubscriptionNeeds = {
  readonly store: Store
  readonly definitions: Definitions
  /** Names the element by which a record is about a participant. */
  readonly visibility: VisibilityRule
  /** Time (ms), and new FHIR ids. */
  readonly clock: { now(): number; newId(): string }
  readonly sleep: Sleep
  /**
   * Writes one record as the hub itself, through the write path of everybody.
   * @throws OutcomeError for what is refused, CommitConflict (`claim`) when the claim was lost
   */
  write(change: Change, along: Along): Promise<unknown>
  /** The index entries of a resource. */
  extract(resource: Resource): readonly IndexEntry[]
  /** The hub's public base address, without a trailing slash. */
  base(): string
  /** IANA name; dates in filters are read in it. */
  readonly timeZone: string
  /** How messages go out, by `Subscription.channel.type`. */
  readonly channels: Readonly<Record<string, Channel>>
  /** Seconds to wait after the first, second, ... failed attempt; afterwards the subscription is in error. */
  readonly retrySchedule: readonly number[]
  /** Seconds in which an endpoint must answer, where the subscription does not request less. */
  readonly requestTimeout: number
  /** Bytes of a notification of several events; one event always fits. */
  readonly notificationLimit: number
  /** In [0, 1): spreads the retries. */
  random(): number
  /** A job may be due. */
  wake(): void
  /** For operators: fixed words, ids and numbers only. */
  readonly log: {
    readonly [level in 'info' | 'warn' | 'error']: (event: string, fields?: SubscriptionLogFields) => void
  }
}

type SubscriptionLogFields = {
  readonly job?: string
  readonly key?: string
  readonly number?: number
  readonly count?: number
  readonly ms?: number
  readonly fault?: unknown
}
