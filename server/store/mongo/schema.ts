/** What the MongoDB store holds: the shapes of its documents, its collections, and their indexes. */
import type { Collection, Db } from 'mongodb'
import type { Audience, IndexEntry } from '../../search/query.ts'
import type { EnqueuedJob } from '../new-jobs.ts'
import type { CommitRequest, CursorMove, Event, EventPurge, Version } from '../store.ts'
import type { JobRow } from './job-rows.ts'

/** `to` of the row that is current. */
export const OPEN = Number.MAX_SAFE_INTEGER

/** What names a version: its commit, and the index of its write in that commit. */
export type Place = { readonly sequence: number; readonly index: number }

/**
 * A version as the log keeps it; its text is in `texts` of the commit, at `index`. The number of the version, the owner and
 * the rest are decided when the commit is judged, so that whoever projects the log makes the same of it.
 */
export type LoggedVersion = Omit<Version, 'sequence' | 'at' | 'text'> & {
  readonly index: number
  readonly creation: number
  readonly firsts: string
  readonly entries: string
  /** The rows of the version before; the last one is current until this commit. */
  readonly closes: readonly string[]
}

/** New entries for the version that a record has; `at`, `author` and so on are those of that version, `closes` its rows. */
export type LoggedEntries = LoggedVersion & {
  readonly made: Place
  readonly at: number
  readonly written: readonly Audience[]
}

/** A new audience for the row that is current. */
export type LoggedAudience = {
  readonly row: string
  readonly audience: readonly Audience[]
  readonly firsts: string
}

/** A commit: one insert makes all of it durable, and everything else is made from it again. `token` names who inserted it. */
export type CommitDocument = {
  readonly _id: number
  readonly token: string
  readonly at: number
  readonly request?: CommitRequest
  /** How many records were ever created, with this commit: a record's number in that order is its `creation`. */
  readonly created: number
  readonly versions: readonly LoggedVersion[]
  /** By index of the write: '' for what has no text, null for one that is in `bodies`. */
  readonly texts: readonly (string | null)[]
  readonly entries: readonly LoggedEntries[]
  readonly audiences: readonly LoggedAudience[]
  readonly jobs: readonly (Omit<EnqueuedJob, 'payload'> & { readonly payload?: string })[]
  readonly events: readonly Event[]
  readonly purges: readonly EventPurge[]
  readonly cursors: readonly CursorMove[]
}

/** A text for which there was no room in its commit (a document has at most 16 MB). */
export type BodyDocument = { readonly _id: string; readonly text: string }

/**
 * How a record was found from the sequence `from` until the one before `to`. `_id`: sequence and index of the write that made
 * it. `audience` and `firsts` are kept up to date in the row that is current; `written` is the audience of the version.
 */
export type Row = {
  readonly _id: string
  readonly type: string
  readonly id: string
  readonly from: number
  readonly to: number
  readonly version: number
  readonly made: Place
  /** The rows of the same version before this one. */
  readonly earlier: readonly string[]
  /** Did a version begin with it, or new entries alone? */
  readonly isVersion: boolean
  readonly at: number
  /** When the next version was made (ms). */
  readonly replacedAt?: number
  readonly method: Version['method']
  readonly author: string
  readonly owner: string
  readonly creation: number
  readonly written: readonly Audience[]
  readonly audience: readonly Audience[]
  /** Sequence of the commit that set the audience. */
  readonly audienceFrom: number
  readonly firsts: string
  /** As JSON. */
  readonly entries: string
  readonly keys: readonly string[]
  /** Bytes of the text. */
  readonly size: number
  /** Of the current row; the others have it in the log. */
  readonly text?: string
  readonly request?: CommitRequest
}

export type EventDocument = Event & { readonly _id: string }
export type CursorDocument = { readonly _id: string; readonly value: number; readonly sequence: number }
/** `projected`: everything up to `sequence` is in the other collections. */
export type StateDocument = { readonly _id: string; readonly sequence: number }

export type Collections = {
  readonly commits: Collection<CommitDocument>
  readonly bodies: Collection<BodyDocument>
  readonly rows: Collection<Row>
  readonly events: Collection<EventDocument>
  readonly cursors: Collection<CursorDocument>
  readonly jobs: Collection<JobRow>
  readonly state: Collection<StateDocument>
}

export const collectionsOf = (db: Db): Collections => ({
  commits: db.collection('commits'),
  bodies: db.collection('bodies'),
  rows: db.collection('rows'),
  events: db.collection('events'),
  cursors: db.collection('cursors'),
  jobs: db.collection('jobs'),
  state: db.collection('state'),
})

/** The index entries of a row. */
export const entriesIn = (text: string): readonly IndexEntry[] => JSON.parse(text) as readonly IndexEntry[]

/** The name of the row that a write makes. */
export const rowId = (sequence: number, index: number): string => `${sequence}.${index}`

export const PROJECTED = 'projected'

/** One array field for each index: MongoDB allows no more. */
export const ROW_INDEXES = [
  { name: 'record', key: { type: 1, id: 1, from: 1 } },
  { name: 'keys', key: { keys: 1, type: 1, creation: 1 } },
  { name: 'creation', key: { type: 1, to: 1, creation: 1 } },
  { name: 'log', key: { isVersion: 1, from: 1, 'made.index': 1 } },
  { name: 'log-of-type', key: { type: 1, isVersion: 1, from: 1, 'made.index': 1 } },
] as const

export const EVENT_INDEXES = [{ name: 'number', key: { stream: 1, number: 1 } }] as const
