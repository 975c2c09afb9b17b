/**
 * What an agency does to find out about persons is counted, limited, and reported to the board by an AuditEvent
 * (create-attempts.ts).
 */
import type { Caller } from '../fhir/types.ts'
import type { Write } from '../store/store.ts'
import type { AuditedAct } from './audit-event.ts'

/** `look-up`: $match, $request-access, and a signed withdrawal of whoever does not know the participant. `ssn`: a social security number tried on somebody whom the agency may know. */
export type AttemptKind = 'look-up' | 'ssn'

/** At most so many of a kind in a period (ms), by one agency. */
export type AttemptLimits = Readonly<Record<AttemptKind, { readonly most: number; readonly period: number }>>

export type AttemptAuthor = { readonly caller: Caller; readonly now: number }

export type Attempts = {
  /**
   * Reads the count. `writes`: the next count and the AuditEvent, for a commit of the caller's.
   * @throws OutcomeError `too-many-attempts` (429) with Retry-After, when there were as many as are allowed
   */
  next(kind: AttemptKind, author: AttemptAuthor, mark?: string): Promise<{ writes(act: AuditedAct): readonly Write[] }>
  /**
   * Counts a wrong one in a commit of its own, before anything is answered; a right one (without an act) only needs that
   * there may be another. What has the same `mark` is one attempt: sent again, or with a write that begins again, it is
   * counted and reported once.
   * @throws OutcomeError as `next`
   */
  count(kind: AttemptKind, author: AttemptAuthor, mark: string, act: AuditedAct | undefined): Promise<void>
}
