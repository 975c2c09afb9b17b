/** The states of a job, as the store lists and counts them. */

/**
 * - ready      due (or its lease ran out): it can be claimed.    - scheduled  due later.    - running    claimed.
 * - failed     kept for a person; nobody claims it. `retry` or enqueueing it makes it ready.
 * - done       a tombstone: key and last sequence, so that a replayed enqueue does not bring the job back.
 */
export const JOB_STATES = ['ready', 'scheduled', 'running', 'failed', 'done'] as const
export type JobState = (typeof JOB_STATES)[number]

/** Those of a listing that names none. */
export const LISTED_STATES: readonly JobState[] = ['ready', 'scheduled', 'running', 'failed']

/** How many jobs of a kind are in a state; `due`: the earliest due time of them (ms). */
export type JobCount = { readonly kind: string; readonly state: JobState; readonly count: number; readonly due: number }
