/** What a write wants, before it becomes a commit; and what the rules see of it. */
import type { Tags } from '../fhir/etag.ts'
import type { Issue } from '../fhir/outcome.ts'
import type { Caller, Key, Resource } from '../fhir/types.ts'
import type { Filter, Query, Viewer } from '../search/query.ts'
import type { WriteNeeds } from './needs.ts'
import type { Guard, NewJob, Version } from '../store/store.ts'

/**
 * - put: the resource as it shall be, with its id. `create`: it is new, under an id that the hub made.
 * - remove: a deletion.
 * `ifMatch`: the versions the caller accepts; `unless`: the condition of If-None-Exist, decided in the commit.
 * `at` is where the change stands in the request (`Patient`, `Bundle.entry[2].resource`), for issues.
 */
export type Change =
  | {
      readonly kind: 'put'
      readonly resource: Resource & { readonly id: string }
      /** As it was sent, where that had another id or none. */
      readonly sent?: Resource
      readonly create: boolean
      readonly ifMatch?: Tags
      readonly ifAbsent?: boolean
      readonly unless?: Query
      /** Its numbers were given by an operation of the hub, which sees to it that each is given once. */
      readonly numbered?: true
      /** Made by the hub out of another change: the caller names no version of it. */
      readonly derived?: true
      readonly at: string
    }
  | { readonly kind: 'remove'; readonly key: Key; readonly ifMatch?: Tags; readonly at: string }

/** A change with what was there before it. `before` is the current version, if the caller may know of it. */
export type PreparedChange = {
  readonly change: Change
  readonly key: Key
  readonly at: string
  readonly stored?: Version
  /** The current state; undefined when there is none or it was deleted. */
  readonly before?: Resource
  /** As before, or the state that was deleted: who brings a record back is bound by it. */
  readonly last?: Resource
  /** The state after; undefined for a deletion. */
  readonly after?: Resource & { readonly id: string }
  /** What is judged of it: what was sent, with the labels that cannot be lowered. */
  readonly toValidate?: Resource
  /** The state after is the stored one: there is nothing to write. */
  readonly unchanged?: boolean
  /** Keyed hash of the social security number that came with a participant. */
  readonly ssn?: string
}

/** Who writes, when, and with whose eyes the records are looked at. */
export type WriteContext = { readonly caller: Caller; readonly now: number; readonly viewer: Viewer }

/** What rules may ask: the records as they will be, seen with the caller's eyes. */
export type PendingState = WriteContext & {
  readonly changes: readonly PreparedChange[]
  /** The state after the commit; undefined when there is none that the caller may know of. */
  read(key: Key): Promise<Resource | undefined>
  /** Of those that the commit itself writes, the ones that match. */
  coming(type: string, where: Filter): readonly Resource[]
  /** Records that match after the commit. */
  find(type: string, where: Filter): Promise<readonly Resource[]>
}

/** What a rule answers. `guards` hold in the commit what the rule saw before it; `jobs` are written with it. */
export type RuleResult = {
  readonly issues?: readonly Issue[]
  readonly guards?: readonly Guard[]
  readonly jobs?: readonly NewJob[]
}

/** One rule of the work between agencies, for the types it names (`*`: every type). */
export type Rule = {
  readonly types: readonly string[]
  check(changed: PreparedChange, scene: PendingState, needs: WriteNeeds): Promise<RuleResult> | RuleResult
}

/** The state seen by a rule is gone: begin again. Never reaches a caller. */
export class WriteConflict extends Error {}
