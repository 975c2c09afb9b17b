/**
 * The store: what keeps records, finds them, and carries work. SQLite and memory implement it (MongoDB will); the
 * suites under test/store/contract/ say what every implementation must do.
 *
 * Terms
 * - record    what has one key (`Patient/abc`); it has versions 1, 2, 3, the last one current. A deletion is a version.
 * - commit    a set of writes that happens whole or not at all, in the one global order.
 * - place     the position of a commit in that order: 1, 2, 3 without gaps. Only a commit with writes takes a place.
 * - entries   the searchable facts of a record's current version.
 * - audience  who may know of a record; part of every read (see Sight in search/query.ts). It can change without a
 *             new version, and each version keeps the audience it was written with (who was to be told).
 * - owner     the agency that created the record; author: the one that wrote a version.
 * - event     what a subscription is told: numbered 1, 2, 3 without gaps in its stream.
 * - job       work that must happen outside or later; claimed under a lease, settled under a fence.
 *
 * Promises
 * - A resolved commit is durable: it survives kill -9 and power loss (fsynced; majority-committed on MongoDB).
 * - A rejected commit changed nothing. Preconditions are checked inside the commit, never before it.
 * - Whoever commits reads its own writes at once.
 * - `feed` gives every commit once, in order, without gaps, to any number of readers with their own cursors.
 * - No open transaction is ever handed out: one commit is one call, so that a store may retry or group it.
 */
import type { Key, Resource } from '../fhir/types.ts'
import type { Audience, Cursor, IndexEntry, Query, Viewer } from '../search/query.ts'

export type Version = {
  readonly type: string
  readonly id: string
  readonly version: number
  readonly sequence: number
  /** When it was committed (ms since 1970); never earlier than the commit before it. */
  readonly at: number
  readonly method: 'POST' | 'PUT' | 'DELETE'
  readonly author: string
  readonly owner: string
  /** Who could know of this version when it was written. */
  readonly audience: readonly Audience[]
  /** The resource as JSON text with meta.versionId and meta.lastUpdated; empty for a deletion. */
  readonly text: string
}

/** One of these versions is current | there is no current version (never created, or deleted) | there is one, whichever. */
export type Expect = { readonly version: readonly number[] } | 'absent' | 'present'

/**
 * - put: the next version of a record. `method` POST for a creation by the hub's id, else PUT.
 * - remove: a deletion; on a record that is absent or deleted already it does nothing (and makes no version).
 * - audience: a new audience for a record (deleted or not), without a new version.
 */
export type Write =
  | {
      readonly kind: 'put'
      readonly method: 'POST' | 'PUT'
      /** With id; the store sets meta.versionId and meta.lastUpdated and serializes it, once. */
      readonly resource: Resource & { readonly id: string }
      readonly entries: readonly IndexEntry[]
      readonly audience: readonly Audience[]
      readonly author: string
      readonly expect?: Expect
    }
  | {
      readonly kind: 'remove'
      readonly key: Key
      readonly audience: readonly Audience[]
      /** What a deleted record still says of itself (its participant). */
      readonly entries: readonly IndexEntry[]
      readonly author: string
      readonly expect?: Expect
    }
  | { readonly kind: 'audience'; readonly key: Key; readonly audience: readonly Audience[] }

/** A condition on records that the commit does not write. `none`: no record matches the query (If-None-Exist). */
export type Guard = { readonly key: Key; readonly expect: Expect } | { readonly none: Query }

export type NewJob = {
  readonly kind: string
  /** Unique within the kind: to enqueue a key again brings its job forward to the earlier due time. */
  readonly key: string
  readonly due: number
  readonly payload?: unknown
}

/** An event for a stream (a subscription's id), about one version. Unique by stream, place, type and id: a replay is a no-op. */
export type NewEvent = {
  readonly stream: string
  readonly sequence: number
  readonly type: string
  readonly id: string
  readonly version: number
}
export type Event = NewEvent & { readonly number: number; readonly at: number }

/** A reader's own position, moved only from where it was (compare and set), so that two movers cannot both win. */
export type CursorMove = { readonly name: string; readonly from: number; readonly to: number }

export type Work = {
  readonly writes?: readonly Write[]
  readonly guards?: readonly Guard[]
  readonly jobs?: readonly NewJob[]
  readonly events?: readonly NewEvent[]
  readonly cursors?: readonly CursorMove[]
  /** The commit happens only while this claim still holds (its fence is current). */
  readonly claim?: Job
}

/** What a commit answers: its place (0 without writes) and, per write of `Work.writes` in order, the version made. */
export type Committed = {
  readonly sequence: number
  readonly at: number
  readonly versions: readonly (Version | undefined)[]
}

/**
 * Why a commit was refused; nothing was changed.
 * `index` is the place in `writes` or `guards`; `current` the current version number there (0: none, or deleted).
 */
export class CommitConflict extends Error {
  readonly kind: 'write' | 'guard' | 'cursor' | 'claim'
  readonly index: number
  readonly current: number

  constructor(kind: CommitConflict['kind'], index: number, current = 0) {
    super(`Commit refused: ${kind} ${index} finds version ${current}.`)
    this.name = 'CommitConflict'
    this.kind = kind
    this.index = index
    this.current = current
  }
}

/** No room to write (SQLITE_FULL, quota): nothing was changed, reads go on. */
export class StoreFull extends Error {}

export type Found = {
  readonly versions: readonly Version[]
  /** Where the next page begins; absent on the last page. */
  readonly next?: Cursor
  readonly total?: number
}

export type Commit = { readonly sequence: number; readonly at: number; readonly versions: readonly Version[] }

export type Job = {
  readonly kind: string
  readonly key: string
  readonly payload: unknown
  readonly due: number
  /** How often it was claimed since it last succeeded, this time included. */
  readonly attempts: number
  readonly fence: number
}

/** How a claimed job ended. `again` keeps it, due at that time; attempts are reset by `done` and by `again` without error. */
export type Settlement = { readonly done: true } | { readonly again: number; readonly error?: string }

export type Jobs = {
  /** At most `max` due jobs of these kinds, leased until now + lease; no two claimers get one job. */
  claim(ask: { kinds: readonly string[]; now: number; lease: number; max: number }): Promise<readonly Job[]>
  /** Extends a lease; false when it was lost. */
  renew(job: Job, until: number): Promise<boolean>
  /** Ends a claim; false when the lease was lost (somebody else has it). A job that was enqueued again meanwhile stays. */
  settle(job: Job, end: Settlement): Promise<boolean>
  /** When the next job of these kinds is due or its lease runs out (ms), if any. */
  next(kinds: readonly string[]): Promise<number | undefined>
  /** Jobs as they stand, for status and tests. */
  list(kind: string): Promise<readonly (Job & { readonly leasedUntil?: number; readonly error?: string })[]>
}

export type Store = {
  commit(work: Work): Promise<Committed>

  /** The current version (a deletion has an empty text), if the seer may know of the record. */
  read(key: Key, sight: Viewer): Promise<Version | undefined>
  /** Several at once, in the order of the keys. */
  readMany(keys: readonly Key[], sight: Viewer): Promise<readonly (Version | undefined)[]>
  /** An old version: visible as the record itself is now. */
  vread(key: Key, version: number, sight: Viewer): Promise<Version | undefined>
  /** Newest first, versions below `before`; empty when the seer may not know of the record. */
  history(
    key: Key,
    sight: Viewer,
    page: { limit: number; before?: number; since?: number },
  ): Promise<{ versions: readonly Version[]; total: number }>
  find(query: Query): Promise<Found>
  /** The entries and audience that a record has now. */
  indexed(key: Key): Promise<{ entries: readonly IndexEntry[]; audience: readonly Audience[] } | undefined>

  /** Commits after a place, oldest first. */
  feed(after: number, limit: number): Promise<readonly Commit[]>
  /** The last place. */
  last(): Promise<number>
  /** Resolves when there is a place after this one, or the signal aborts. A hint for readers of the feed. */
  changed(after: number, signal: AbortSignal): Promise<void>

  cursor(name: string): Promise<number>
  events(stream: string, range: { from: number; to?: number; limit: number }): Promise<readonly Event[]>
  /** The number of the last event of a stream (0: none yet). */
  eventCount(stream: string): Promise<number>

  readonly jobs: Jobs
  /** Figures for tests and metrics: transactions made, commits done in them, records, bytes. */
  stats(): Promise<{ transactions: number; commits: number; records: number; bytes: number }>
  close(): Promise<void>
}
