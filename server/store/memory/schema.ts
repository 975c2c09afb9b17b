/** What the store in memory holds. */
import type { Audience, IndexEntry } from '../../search/query.ts'
import type { FirstVersions } from '../first-versions.ts'
import type { Commit, CommitRequest, Event, Version } from '../store.ts'
import type { MemoryJobs } from './jobs.ts'
import { memoryJobs } from './jobs.ts'

/** How a record was found from a sequence on, until the next of its states: by these entries, in this version. */
export type RecordState = { readonly from: number; readonly version: Version; readonly entries: readonly IndexEntry[] }

/** A record: its versions and its states (the last of each is current), and who may know of it now. */
export type StoredRecord = {
  /** Its position in creation order. */
  readonly creation: number
  readonly versions: Version[]
  readonly states: RecordState[]
  audience: readonly Audience[]
  firsts: FirstVersions
}

/** By `Type/id`, in creation order. */
export type StoredRecords = Map<string, StoredRecord>

export type MemoryState = {
  readonly records: StoredRecords
  /** The same records by their type, in creation order. */
  readonly byType: Map<string, StoredRecord[]>
  /** The commit of sequence 1 comes first. */
  readonly log: Commit[]
  /** By sequence. */
  readonly requests: Map<number, CommitRequest>
  readonly cursors: Map<string, number>
  readonly events: Map<string, Event[]>
  readonly jobs: MemoryJobs
}

/** @param clock the time (ms since 1970) */
export const emptyState = (clock: () => number): MemoryState => ({
  records: new Map(),
  byType: new Map(),
  log: [],
  requests: new Map(),
  cursors: new Map(),
  events: new Map(),
  jobs: memoryJobs(clock),
})

export const isDeletion = ({ method }: Version): boolean => method === 'DELETE'
