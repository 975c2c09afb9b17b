/** A change that a caller requests, and what the steps of a write add to it before it becomes part of a commit. */
import type { Tags } from '../fhir/etag.ts'
import type { Caller, Key, Resource } from '../fhir/types.ts'
import type { Query } from '../search/query.ts'
import type { Version } from '../store/store.ts'
import { HUB } from './reserved-agencies.ts'

type IdentifiedResource = Resource & { readonly id: string }

/**
 * - put: the resource as it shall be, with its id. `create`: it is new, under an id that the hub made.
 * - remove: a deletion.
 * `ifMatch`: the versions the caller accepts; `unless`: the condition of If-None-Exist, decided in the commit.
 * `at` is the position of the change in the request (`Patient`, `Bundle.entry[2].resource`), for issues.
 */
export type Change =
  | {
      readonly kind: 'put'
      readonly resource: IdentifiedResource
      /** As it was sent, where that had another id or none. */
      readonly sent?: Resource
      readonly create: boolean
      readonly ifMatch?: Tags
      /** If-None-Match: the versions that the record must not be at; `*`: none. */
      readonly ifNoneMatch?: Tags
      readonly unless?: Query
      /** Its numbers were given by an operation of the hub, which sees to it that each is given once. */
      readonly numbered?: true
      /** Its labels were given by an operation that may take some off; elsewhere only the board leaves one out. */
      readonly relabels?: true
      /** Its case manager was changed by the operation that transfers a case. */
      readonly transfersCase?: true
      /**
       * By a consent of the participant the writer comes to know a participant whom it may not know now: one that
       * $request-access records, or that the commit of $claim guards.
       */
      readonly granted?: true
      /**
       * Made out of another change: the caller names no version of it. `hub`: the hub makes it in its own name, also of
       * a record that the caller may not know of.
       */
      readonly derived?: true | 'hub'
      /**
       * Made by a merge or its undo: `moved`, a record that is about another participant since, with its author kept
       * (but where the hub ends it, too, because of a denial); `participant`, one of the two. Rules of agencies do not apply to what the hub rewrites.
       */
      readonly merge?: 'moved' | 'participant'
      /** With `merge`: the keyed hash of the number that the participant has since; empty for none. */
      readonly ssn?: string
      readonly at: string
    }
  | {
      readonly kind: 'remove'
      readonly key: Key
      readonly ifMatch?: Tags
      readonly ifNoneMatch?: Tags
      readonly at: string
    }

/** A change with the state before it, as far as the caller may know of it, and the state after it. */
export type PreparedChange = {
  readonly change: Change
  readonly key: Key
  readonly at: string
  readonly stored?: Version
  /** The current state; undefined when there is none or it was deleted. */
  readonly before?: Resource
  /** As before, or the state that was deleted: an agency that brings a record back is bound by it. */
  readonly last?: Resource
  /** The state after, as it will be stored; undefined for a deletion. */
  readonly after?: IdentifiedResource
  /** What is validated (see complete.ts). */
  readonly toValidate?: Resource
  /** The state after is the stored one: there is nothing to write. */
  readonly unchanged?: boolean
  /** Keyed hash of the social security number that came with a participant. */
  readonly ssn?: string
}

/** Is this change made out of another one, whose writer did not send it? */
export const isDerived = (change: Change): boolean => change.kind === 'put' && change.derived !== undefined

/** Does the hub make this change in its own name? */
export const isOfHub = ({ change }: Pick<PreparedChange, 'change'>): boolean =>
  change.kind === 'put' && change.derived === 'hub'

/** Who writes the change: the caller, or the hub in its own name; a record that a merge moves keeps its author. */
export function writerOf(one: Pick<PreparedChange, 'change' | 'stored'>, caller: Caller): string {
  if (isOfHub(one)) return HUB
  return isMoved(one.change) ? (one.stored?.author ?? caller.agency) : caller.agency
}

export const keyOf = (change: Change): Key =>
  change.kind === 'remove' ? change.key : { type: change.resource.resourceType, id: change.resource.id }

export const isMoved = (change: Change): boolean => change.kind === 'put' && change.merge === 'moved'

/** An update that changes nothing writes nothing. A deletion of what does not exist, as far as the caller may know, changes nothing, and must not touch what may exist. */
export const changesAnything = (one: PreparedChange): boolean =>
  !one.unchanged && (one.after ?? one.before) !== undefined
