/** Rows of the collection `jobs`: how the fields of a job are kept, and in what order and by what they are found. */
import type { Filter, UpdateFilter } from 'mongodb'
import type { JobState } from '../job-state.ts'
import { readyAt, type JobChange, type JobFields } from '../job-transitions.ts'
import { jobName } from '../new-jobs.ts'
import type { Job, JobCursor } from '../store.ts'

/** `ready` of a job that has ended: it is claimed at no time. */
export const NEVER = Number.MAX_SAFE_INTEGER

/** Every field is there, so that indexes alone can answer: null is "none", and `ended` has a text for it. */
export type JobRow = {
  /** See `jobName`. */
  readonly _id: string
  readonly kind: string
  readonly key: string
  /** As JSON, which BSON would not keep: numbers, the order of members, depth. */
  readonly payload: string | null
  readonly due: number
  readonly attempts: number
  readonly fence: number
  readonly sequence: number
  readonly leased: number | null
  readonly again: number | null
  readonly error: string | null
  readonly ended: 'no' | 'failed' | 'done'
  /** When it can be claimed: `readyAt`, or NEVER. */
  readonly ready: number
  /** Counts the changes: one who changes what it has read names the revision that it read. */
  readonly rev: number
}

/** For claims (`next` reads nothing but the first), and for listings and counts. */
export const JOB_INDEXES = [
  { name: 'ready', key: { kind: 1, ready: 1, due: 1 } },
  { name: 'listed', key: { ended: 1, due: 1, kind: 1, key: 1, ready: 1, leased: 1 } },
] as const

export const WITHOUT_PAYLOAD = { payload: 0 } as const

/** A row that was read without its payload has none. */
export type ReadRow = Omit<JobRow, 'payload'> & Partial<Pick<JobRow, 'payload'>>

export const fieldsOf = ({ kind, key, payload, due, attempts, fence, sequence, ...row }: ReadRow): JobFields => ({
  kind,
  key,
  payload: typeof payload === 'string' ? (JSON.parse(payload) as unknown) : undefined,
  due,
  attempts,
  fence,
  sequence,
  leased: row.leased ?? undefined,
  again: row.again ?? undefined,
  error: row.error ?? undefined,
  ended: row.ended === 'no' ? undefined : row.ended,
})

/**
 * The update that makes a change. `ready` follows from the fields after it: one who changes a row without having read it
 * has to change the lease, or the due time of a job that has no lease.
 */
export function updateOf(change: JobChange, before: Partial<JobFields> = {}): UpdateFilter<JobRow> {
  const { ended, leased, due = 0 } = { ...before, ...change }
  const ready = ended === undefined ? readyAt({ leased, due }) : NEVER
  return { $set: { ...storedFields(change), ready }, $inc: { rev: 1 } }
}

const storedFields = (change: JobChange): Partial<JobRow> =>
  Object.fromEntries(
    Object.entries(change).map(([name, value]: [string, unknown]) => [name, (STORED[name] ?? orNull)(value)]),
  )

const orNull = (value: unknown): unknown => value ?? null

const STORED: Readonly<Record<string, (value: unknown) => unknown>> = {
  payload: (value) => (value === undefined ? null : JSON.stringify(value)),
  ended: (value) => value ?? 'no',
}

/** The row of a claim, while it holds. */
export const claimOf = (job: Job): Filter<JobRow> => ({ _id: jobName(job), fence: job.fence, leased: { $ne: null } })

type StateFilter = { readonly ended: JobRow['ended'] } & Pick<Filter<JobRow>, 'ready' | 'leased'>

/** The condition of each state at a time. */
export const STATES: { readonly [state in JobState]: (now: number) => StateFilter } = {
  ready: (now) => ({ ended: 'no', ready: { $lte: now } }),
  scheduled: (now) => ({ ended: 'no', ready: { $gt: now }, leased: null }),
  running: (now) => ({ ended: 'no', ready: { $gt: now }, leased: { $ne: null } }),
  failed: () => ({ ended: 'failed' }),
  done: () => ({ ended: 'done' }),
}

export const ORDER = { due: 1, kind: 1, key: 1 } as const

/** What comes after a position in that order. */
export const beyond = ([due, kind, key]: JobCursor): Filter<JobRow> => ({
  due: { $gte: due },
  $or: [{ due: { $gt: due } }, { kind: { $gt: kind } }, { kind, key: { $gt: key } }],
})
