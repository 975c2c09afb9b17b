/**
 * The store: what keeps records, finds them, and carries jobs. Memory, SQLite and MongoDB implement it; the suites
 * under test/store/contract/ say what every implementation must do.
 *
 * Terms
 * - record    what has one key (`Patient/abc`); it has versions 1, 2, 3, the last one current. A deletion is a version.
 * - commit    a set of writes, jobs, events and cursors that happens whole or not at all, in the one global order.
 * - sequence  the number of a commit in that order: 1, 2, 3 without gaps. Every commit takes the next one, also one
 *             that writes no record (jobs, events, cursors, or nothing at all).
 * - creation order  by the sequence of the commit that made a record's first version, then by the index of the write in
 *             that commit. It never changes, whatever happens to the record later.
 * - entries   the index entries by which a record's current version is found. They can change without a new version
 *             (reindex): a search as of a sequence sees the ones that the record had then.
 * - audience  who may know of a record; part of every read (see Viewer in search/query.ts). It can change without a
 *             new version, and each version keeps the audience that it was written with (who was to be notified).
 *             The store keeps since which version an agency may know of the record (first-versions.ts).
 * - owner     the agency that created the record; author: the one that wrote a version.
 * - event     what a subscription is notified of: numbered 1, 2, 3 without gaps in its stream.
 * - job       work that must happen outside or later; claimed under a lease, settled under a fence.
 *
 * Promises
 * - A resolved commit is durable: it survives kill -9 and power loss (fsynced; majority-committed on MongoDB).
 * - A rejected commit changed nothing and took no sequence. Preconditions are checked inside the commit, never before it.
 * - Whoever commits reads its own writes at once.
 * - `feed` gives every commit once, in order, without gaps, to any number of readers with their own cursors. To
 *   move a cursor is a commit, too, and comes in the feed: a reader moves its cursor with what it produced, or every so
 *   many commits. One that moved it after every batch would never come to an end.
 * - Nothing is left out in silence: what takes a limit answers where the next page begins, or takes `Infinity`.
 * - No open transaction is ever handed out: one commit is one call, so that a store may retry or group it.
 */
import type { InstantRange } from '../fhir/dates.ts'
import type { Key, Resource } from '../fhir/types.ts'
import type { Audience, Cursor, IndexEntry, Query, Viewer } from '../search/query.ts'
import type { Explanation } from './explanation.ts'
import type { JobCount, JobState } from './job-state.ts'

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
 * - entries: new index entries, and a new audience where one is given, for a record (deleted or not), without a new
 *   version and without a change of its last update (reindex). `expect` names the version that the entries were
 *   extracted from and, unlike elsewhere, counts a deletion as the version that it is: the entries of a newer version
 *   are never overwritten. On a record that was never created it is a conflict.
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
      /** By what a deleted record can still be found (its participant). */
      readonly entries: readonly IndexEntry[]
      readonly author: string
      readonly expect?: Expect
    }
  | { readonly kind: 'audience'; readonly key: Key; readonly audience: readonly Audience[] }
  | {
      readonly kind: 'entries'
      readonly key: Key
      readonly entries: readonly IndexEntry[]
      readonly audience?: readonly Audience[]
      readonly expect: { readonly version: readonly number[] }
    }

/** A condition on records that the commit does not write. `none`: no record matches the query (If-None-Exist). */
export type Guard = { readonly key: Key; readonly expect: Expect } | { readonly none: Query }

/**
 * Enqueues a job. What that does depends on the state of the job with this kind and key (see JobState):
 * - none, or done: a new job with this due time and payload and no attempts.
 * - ready or scheduled: the job is brought forward to the earlier due time.
 * - running: it will be ready again at this due time once it is settled.
 * - failed: it is ready again at this due time and keeps its attempts.
 */
export type NewJob = {
  readonly kind: string
  /** Unique within the kind. */
  readonly key: string
  readonly due: number
  /** JSON; absent: the payload that the job has stays. */
  readonly payload?: unknown
  /**
   * The sequence of the change that calls for the job; absent: that of this commit. A job remembers its last one, also
   * when it is done: enqueueing it with the same or an older one is a replay and does nothing. All who enqueue a key
   * either give a sequence or do not.
   */
  readonly sequence?: number
}

/** The version of an event that is about no version: of the record its owner learns the id alone. */
export const GONE = 0

/** An event for a stream (a subscription's id), about one version or GONE. Unique by stream, sequence, type and id: a replay is a no-op. */
export type NewEvent = {
  readonly stream: string
  readonly sequence: number
  readonly type: string
  readonly id: string
  readonly version: number
}
export type Event = NewEvent & { readonly number: number; readonly at: number }

/** Removes the events of a stream up to a number, but never its last one, which holds the next number. A replay finds none. */
export type EventPurge = { readonly stream: string; readonly to: number }

/** The sequence up to which a reader has read, moved only from where it was (compare and set), so that two movers cannot both win. */
export type CursorMove = { readonly name: string; readonly from: number; readonly to: number }

/** The request that a commit carries out: its id (X-Request-Id), and the agency in whose name it is done. */
export type CommitRequest = { readonly id: string; readonly agency: string }

export type Work = {
  readonly request?: CommitRequest
  readonly writes?: readonly Write[]
  readonly guards?: readonly Guard[]
  readonly jobs?: readonly NewJob[]
  readonly events?: readonly NewEvent[]
  readonly purges?: readonly EventPurge[]
  readonly cursors?: readonly CursorMove[]
  /**
   * The claim under which this is done: the commit is refused when the store sees that the claim was lost. This check is
   * advisory: claims move outside the order of commits, and a store of several processes may see a loss too late. What
   * must happen once is decided by compare and set: a cursor that moves, or a version that is expected.
   */
  readonly claim?: Job
}

/**
 * What a commit answers: its sequence and, for each write of `Work.writes` in order, the version that it made (none for
 * an audience, for entries, and for the deletion of what is not there).
 */
export type Committed = {
  readonly sequence: number
  readonly at: number
  readonly versions: readonly (Version | undefined)[]
}

/** A condition of a commit: of which of its writes, or which of its guards. */
export type Precondition = readonly [kind: 'write' | 'guard', index: number]

/**
 * For Query.withEntries: the `entries` that the version is found by, each once, in no particular order, and the place of
 * the record in the creation order.
 */
export type FoundVersion = Version & { readonly entries?: readonly IndexEntry[]; readonly creation?: number }

export type Found = {
  readonly versions: readonly FoundVersion[]
  /** Where the next page begins; absent on the last page. It holds over a restart of the store. */
  readonly next?: Cursor
  /** Where the page before this one ends, for Query.backward; absent on the first page. */
  readonly previous?: Cursor
  /** With `next` or `previous`: the sequence as of which the page was read. */
  readonly sequence?: number
  readonly total?: number
}

/** What a history is of: one record, or every record of a type, of several, or (`*`) of all. */
export type HistoryScope = Key | Query['type']

/** The place of a version in the log: the sequence of its commit, and its index in that commit. Opaque outside of the stores. */
export type HistoryPosition = readonly [sequence: number, index: number]

/** Which versions, by the order of the log: the newest first, at most `limit`. */
export type HistoryPage = {
  readonly limit: number
  /** As of a query: fewer where their resources would have more bytes together, but one at least. */
  readonly bytes?: number
  readonly oldestFirst?: boolean
  /** Those that come after this position in the direction of the page. */
  readonly after?: HistoryPosition
  /** None of a later commit. */
  readonly upTo?: number
  /** Made at or after this instant (ms). */
  readonly since?: number
  /** Made before this instant (ms). */
  readonly before?: number
  /** Current at some time in [start, end) (ms): made before its end, and replaced after its start or never. A deletion is current when it is made. */
  readonly currentIn?: InstantRange
  /** Counts all of them, whatever the page. */
  readonly total?: boolean
}

/** `more`: are there versions after the last one of the page? */
export type FoundHistory = {
  readonly versions: readonly (Version & { readonly request?: CommitRequest })[]
  readonly positions: readonly HistoryPosition[]
  readonly more: boolean
  readonly total?: number
}

/** A query for everything that matches. */
export type WholeQuery = Omit<Query, 'limit' | 'bytes' | 'after' | 'backward' | 'total'>

/** A commit as the feed answers it: the versions that it made, in the order of its writes; possibly none. */
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

/** A job in a listing. `sequence` is that of its last enqueue; `error` that of its last attempt. */
export type ListedJob = Job & {
  readonly state: JobState
  readonly sequence: number
  readonly leasedUntil?: number
  readonly error?: string
}

/**
 * How a claimed job ended: it is done | it is due again at this time | it failed and waits for a person. Attempts are
 * reset by `done` and by `again` without an error.
 */
export type Settlement =
  { readonly done: true } | { readonly again: number; readonly error?: string } | { readonly failed: string }

export type JobQuery = {
  /** Absent: every kind. */
  readonly kinds?: readonly string[]
  readonly key?: string
  /** Without the payloads, which may be large. */
  readonly withoutPayload?: true
  /** Absent: every state but `done`. */
  readonly states?: readonly JobState[]
  readonly limit: number
  readonly after?: JobCursor
}

/** Where the next page of a listing begins. Opaque outside of the stores. */
export type JobCursor = readonly [due: number, kind: string, key: string]

export type Jobs = {
  /** At most `max` due jobs of these kinds, leased until now + lease; no two claimers get one job. */
  claim(query: { kinds: readonly string[]; now: number; lease: number; max: number }): Promise<readonly Job[]>
  /** Extends a lease; false when it was lost. */
  renew(job: Job, until: number): Promise<boolean>
  /** Ends a claim; false when the lease was lost (another worker has it). A job that was enqueued meanwhile stays. */
  settle(job: Job, end: Settlement): Promise<boolean>
  /** Makes a failed job ready at `now`, with no attempts; false when there is no failed job of this key. */
  retry(kind: string, key: string, now: number): Promise<boolean>
  /** When the next job of these kinds is due or its lease runs out (ms), if any. */
  next(kinds: readonly string[]): Promise<number | undefined>
  /**
   * Jobs with their states at the time of the store's clock, by due time, kind and key: for status, metrics and tests. A
   * job whose due time changes while somebody reads page after page may be missed or met twice.
   */
  list(query: JobQuery): Promise<{ readonly jobs: readonly ListedJob[]; readonly next?: JobCursor }>
  /** How many there are of each kind and state but `done`, at the time of the store's clock. */
  count(): Promise<readonly JobCount[]>
}

/** Figures for tests and metrics. */
export type StoreStats = {
  /** Commits made through this open store. */
  readonly commits: number
  /** The groups in which they were made durable, each by one fsync or one write to the log. */
  readonly groups: number
  /** Records ever created, deleted ones too. */
  readonly records: number
  /** What the store takes on disk; 0 in memory. */
  readonly bytes: number
}

export type Store = {
  commit(work: Work): Promise<Committed>

  /** The current version (a deletion has an empty text), if the viewer may know of the record. */
  read(key: Key, viewer: Viewer): Promise<Version | undefined>
  /** Several at once, in the order of the keys. */
  readMany(keys: readonly Key[], viewer: Viewer): Promise<readonly (Version | undefined)[]>
  /**
   * An old version, if the viewer may know of the record now, and the version is one that it wrote, or one that was
   * current when it came to know of the record the last time, or later.
   */
  vread(key: Key, version: number, viewer: Viewer): Promise<Version | undefined>
  /** The same versions, of one record or of many, in the order of the log; `total` counts no others. */
  history(scope: HistoryScope, viewer: Viewer, page: HistoryPage): Promise<FoundHistory>
  /**
   * One page of what matches.
   * @param signal when it aborts, a search that takes long is given up
   * @throws SequenceUnavailable for Query.asOf; QueryTooLong; the reason of the signal
   */
  find(query: Query, signal?: AbortSignal): Promise<Found>
  /**
   * How a query is answered, by answering it. Records that the viewer may not know of count for nothing in it: they are in
   * no number, and no list is chosen for them. Those that changed after `query.asOf` are not counted.
   * @param signal as of `find`
   * @throws SequenceUnavailable for Query.asOf; QueryTooLong; the reason of the signal
   */
  explain(query: Query, signal?: AbortSignal): Promise<Explanation>
  /**
   * Everything that matches, each record once and in one consistent state, whatever is committed meanwhile: as of
   * `query.asOf`, or of the last sequence when the first one is taken. Read page by page, so that it holds little memory.
   * @throws SequenceUnavailable for Query.asOf
   */
  all(query: WholeQuery): AsyncIterable<FoundVersion>
  /** The entries and audience that a record has now, and the number of its last version (to be expected). */
  indexed(
    key: Key,
  ): Promise<{ version: number; entries: readonly IndexEntry[]; audience: readonly Audience[] } | undefined>

  /** Commits after a sequence, oldest first. */
  feed(after: number, limit: number): Promise<readonly Commit[]>
  /** The last sequence; 0 before the first commit. */
  last(): Promise<number>
  /**
   * The same, as far as this process has seen: at once, and never later than what a read finds. A read may find more: what
   * is durable already, and not yet acknowledged.
   */
  seen(): number
  /** The last sequence that was committed at or before an instant (ms); 0 where there is none. */
  lastAt(instant: number): Promise<number>
  /** Resolves when `seen` is later than this sequence, or the signal aborts. A hint for readers of the feed. */
  changed(after: number, signal?: AbortSignal): Promise<void>

  cursor(name: string): Promise<number>
  events(stream: string, range: { from: number; to?: number; limit: number }): Promise<readonly Event[]>
  /** The number of the last event of a stream (0: none yet). */
  eventCount(stream: string): Promise<number>

  readonly jobs: Jobs
  stats(): Promise<StoreStats>
  close(): Promise<void>
}
