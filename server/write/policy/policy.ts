/**
 * What a write must satisfy and what the hub adds to it. `HUB_RULES` chooses one of two: `hub` (hub.ts), the rules of
 * the work between agencies, or `open` (open.ts), any R4 resource from any caller.
 */
import type { Caller, Resource } from '../../fhir/types.ts'
import type { Audiences } from '../audiences.ts'
import type { Change, PreparedChange } from '../change.ts'
import type { Completed, Completion } from '../complete.ts'
import type { WriteContext } from '../context.ts'
import type { PendingState } from '../pending-state.ts'
import type { PostedDefinitions } from '../posted-definitions.ts'
import type { RuleResult } from '../rules/rule.ts'

export type Policy = {
  /** May the caller know everything that the hub holds, and how much that is? */
  seesAll(caller: Pick<Caller, 'role'>): boolean
  /** May be searched by these parameters (name and value)? @throws OutcomeError */
  checkCriteria(params: readonly (readonly [string, string])[]): void
  /** Definitions that the board posts; absent where none has an effect. */
  readonly posted?: PostedDefinitions
  /** Elements that the hub itself sets on every write, by type: they do not count as a change. */
  readonly setElements: Readonly<Record<string, readonly string[]>>
  /** May this caller delete records of the type? Looked at before the record itself. @throws OutcomeError */
  checkDeleter(caller: Caller, change: PreparedChange): void
  /** May this caller write this record at all? @throws OutcomeError */
  checkWriter(caller: Caller, change: PreparedChange): void
  /** Changes that follow from others and belong in the same commit. */
  derive(context: WriteContext, changes: readonly PreparedChange[]): Promise<readonly Change[]>
  /** The resource with what the hub fills in. @throws OutcomeError for what cannot be stored */
  complete<T extends Resource>(resource: T, completion?: Completion): Completed<T>
  /** The completed changes, with elements and records that the hub derives from them. */
  follow(context: WriteContext, changes: readonly PreparedChange[]): Promise<readonly PreparedChange[]>
  /** Rules and references. */
  check(state: PendingState): Promise<Required<RuleResult>>
  /** Who may know of what the commit writes. */
  audiences(context: WriteContext, changes: readonly PreparedChange[]): Promise<Audiences>
}
