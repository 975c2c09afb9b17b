/** The tables and settings that the rules of the hub read; none of them changes while the hub runs. */
import type { DuplicateRules } from '../domain/duplicate/duplicates.ts'
import type { Lifecycle } from '../domain/referral/lifecycle.ts'
import type { ReadDate } from '../domain/visibility/circle.ts'
import type { MatchingRule } from '../domain/participant/matching-rule.ts'
import type { ArmingNeeds } from '../domain/timer/arm.ts'
import type { VisibilityRule } from '../domain/visibility/rule.ts'
import type { SearchLimits } from '../search/limits.ts'
import type { Write } from '../store/store.ts'
import type { Attempts } from './attempts.ts'
import type { AuditedAct } from './audit-event.ts'
import type { Author } from './context.ts'
import type { PostedDefinitions } from './posted-definitions.ts'

/** capability/rules/writing.json. */
export type WritingRule = {
  readonly shared: readonly string[]
  readonly namesCaller: Readonly<Record<string, string>>
  readonly immutable: Readonly<Record<string, readonly string[]>>
  readonly kept: readonly string[]
  /** By type of a lookup: the element that names an agency, and the extensions that this agency changes itself. */
  readonly ownElements: Readonly<Record<string, { readonly agency: string; readonly extensions: readonly string[] }>>
  /** Elements that say who a participant is. */
  readonly identifying: Readonly<Record<string, readonly string[]>>
  /** Types that the board alone deletes. */
  readonly deletedByBoard: readonly string[]
  /** Per type, the status that any agency that may know of the record may set, changing nothing else. */
  readonly withdrawable: Readonly<Record<string, string>>
  readonly byRole: readonly { readonly type: string; readonly code: string; readonly role: string }[]
}

export type RuleTables = {
  readonly visibility: VisibilityRule
  readonly writing: WritingRule
  readonly lifecycle: Lifecycle
  /** A FHIR date as instants in the hub's time zone. */
  readonly range: ReadDate
  /** May subscriptions name loopback addresses? */
  readonly loopbackEndpoints: boolean
  /** Subscriptions of one agency. */
  readonly subscriptionLimit: number
  readonly searchLimits: SearchLimits
  readonly posted: PostedDefinitions
  readonly matching: MatchingRule
  readonly duplicates: DuplicateRules
  /** The write of an AuditEvent that the board alone may know. */
  reportToBoard(author: Pick<Author, 'caller' | 'now'>, act: AuditedAct): Write
  /** Counts and limits the social security numbers that an agency tries. */
  readonly attempts: Attempts
  /** The timers of referrals, and the calendar by which they run. */
  readonly timers: ArmingNeeds
}
