/**
 * What happens to a job, as pure functions of its fields, for the stores that keep jobs as objects. Each change answers
 * only the fields that it changes; one that is undefined is removed. NewJob and Settlement in store.ts say why.
 */
import type { JobState } from './job-state.ts'
import type { EnqueuedJob } from './new-jobs.ts'
import type { Job, JobCursor, ListedJob, Settlement } from './store.ts'

export type JobFields = {
  readonly kind: string
  readonly key: string
  readonly payload: unknown
  readonly due: number
  readonly attempts: number
  readonly fence: number
  /** Of the last enqueue. */
  readonly sequence: number
  /** Until when a worker has it. */
  readonly leased?: number | undefined
  /** The due time of an enqueueing that came during the lease. */
  readonly again?: number | undefined
  /** Of the last attempt. */
  readonly error?: string | undefined
  /** It is not claimed any more. */
  readonly ended?: 'failed' | 'done' | undefined
}

export type JobChange = Partial<Omit<JobFields, 'kind' | 'key'>>

/** A job that was never enqueued: what enqueueing does to it is what it does to one that is done. */
export const absentJob = ({ kind, key }: Pick<Job, 'kind' | 'key'>): JobFields => ({
  kind,
  key,
  payload: undefined,
  due: 0,
  attempts: 0,
  fence: 0,
  sequence: -Infinity,
  leased: undefined,
  again: undefined,
  error: undefined,
  ended: 'done',
})

/** What enqueueing does to the job of this key; nothing for a replay. */
export function enqueued(row: JobFields, { due, payload, sequence }: EnqueuedJob): JobChange | undefined {
  if (sequence <= row.sequence) return undefined
  const { leased, again = due } = row
  const time = row.ended === undefined ? Math.min(row.due, due) : due
  return {
    sequence,
    ended: undefined,
    ...(payload === undefined ? {} : { payload }),
    ...(leased === undefined ? { due: time } : { again: Math.min(again, due) }),
  }
}

export const claimed = ({ attempts }: JobFields, leased: number, fence: number): JobChange => ({
  leased,
  fence,
  again: undefined,
  attempts: attempts + 1,
})

export function settled({ due, again, attempts }: JobFields, end: Settlement): JobChange {
  const error = 'failed' in end ? end.failed : 'error' in end ? end.error : undefined
  const ended = 'again' in end || again !== undefined ? undefined : 'failed' in end ? 'failed' : 'done'
  return {
    due: 'again' in end ? Math.min(end.again, again ?? end.again) : (again ?? due),
    leased: undefined,
    again: undefined,
    attempts: error === undefined ? 0 : attempts,
    error,
    ended,
    ...(ended === 'done' ? { payload: undefined } : {}),
  }
}

/** What a person's retry does to a job that failed. */
export const retried = (due: number): JobChange => ({ ended: undefined, due, attempts: 0 })

/** From when a job that has not ended can be claimed: its due time, or the end of the lease. */
export const readyAt = ({ leased, due }: Pick<JobFields, 'leased' | 'due'>): number => leased ?? due

export function stateOf(row: JobFields, now: number): JobState {
  if (row.ended !== undefined) return row.ended
  if (readyAt(row) <= now) return 'ready'
  return row.leased === undefined ? 'scheduled' : 'running'
}

export const jobOf = ({ kind, key, payload, due, attempts, fence }: JobFields): Job => ({
  kind,
  key,
  payload,
  due,
  attempts,
  fence,
})

export function listedJob(row: JobFields, now: number): ListedJob {
  return {
    ...jobOf(row),
    state: stateOf(row, now),
    sequence: row.sequence,
    ...(row.leased === undefined ? {} : { leasedUntil: row.leased }),
    ...(row.error === undefined ? {} : { error: row.error }),
  }
}

export const cursorOf = ({ due, kind, key }: Job): JobCursor => [due, kind, key]
