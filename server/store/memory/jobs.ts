/** Jobs in memory. store/store.ts says what the calls do. */
import { compare } from '../../search/match.ts'
import { LISTED_STATES, type JobCount } from '../job-state.ts'
import {
  absentJob,
  claimed,
  cursorOf,
  enqueued,
  jobOf,
  listedJob,
  readyAt,
  retried,
  settled,
  type JobChange,
  type JobFields,
} from '../job-transitions.ts'
import { jobName, type EnqueuedJob } from '../new-jobs.ts'
import type { Job, JobCursor, JobQuery, Jobs, ListedJob } from '../store.ts'

export type MemoryJobs = Jobs & {
  enqueue(job: EnqueuedJob): void
  /** Does this claim still hold? */
  holds(job: Job): boolean
}

/** @param clock the time at which states are listed */
export function memoryJobs(clock: () => number): MemoryJobs {
  const rows = new Map<string, JobFields>()
  let fence = 0
  const claimOf = (job: Job): JobFields | undefined => {
    const row = rows.get(jobName(job))
    return row?.leased !== undefined && row.fence === job.fence ? row : undefined
  }
  const live = (kinds: readonly string[]): JobFields[] =>
    [...rows.values()].filter((row) => row.ended === undefined && kinds.includes(row.kind))
  const change = (row: JobFields, fields: JobChange): JobFields => {
    const changed = { ...row, ...fields }
    rows.set(jobName(row), changed)
    return changed
  }

  return {
    enqueue: (job) => {
      const row = rows.get(jobName(job)) ?? absentJob(job)
      const fields = enqueued(row, job)
      if (fields !== undefined) change(row, fields)
    },
    holds: (job) => claimOf(job) !== undefined,
    claim: async ({ kinds, now, lease, max }) => {
      const ready = live(kinds).filter((row) => readyAt(row) <= now)
      ready.sort((a, b) => a.due - b.due)
      return ready.slice(0, max).map((row) => jobOf(change(row, claimed(row, now + lease, ++fence))))
    },
    renew: async (job, leased) => {
      const row = claimOf(job)
      if (row) change(row, { leased })
      return row !== undefined
    },
    settle: async (job, end) => {
      const row = claimOf(job)
      if (row) change(row, settled(row, end))
      return row !== undefined
    },
    retry: async (kind, key, now) => {
      const row = rows.get(jobName({ kind, key }))
      if (row?.ended !== 'failed') return false
      change(row, retried(now))
      return true
    },
    next: async (kinds) => {
      const times = live(kinds).map(readyAt)
      return times.length === 0 ? undefined : Math.min(...times)
    },
    list: async (query) => list(query, rows.values(), clock()),
    count: async () => count(list({ limit: Infinity }, rows.values(), clock()).jobs),
  }
}

function list(
  { kinds, key, withoutPayload, states = LISTED_STATES, limit, after }: JobQuery,
  rows: Iterable<JobFields>,
  now: number,
) {
  const listed = [...rows]
    .map((row) => listedJob(withoutPayload ? { ...row, payload: undefined } : row, now))
    .filter(({ kind, state }) => (kinds?.includes(kind) ?? true) && states.includes(state))
    .filter((job) => key === undefined || job.key === key)
    .filter((job) => after === undefined || comparePositions(cursorOf(job), after) > 0)
    .sort((a, b) => comparePositions(cursorOf(a), cursorOf(b)))
  const jobs = listed.slice(0, limit)
  const last = jobs.at(-1)
  return { jobs, ...(last && listed.length > limit ? { next: cursorOf(last) } : {}) }
}

function count(jobs: readonly ListedJob[]): readonly JobCount[] {
  const counts = new Map<string, JobCount>()
  for (const { kind, state, due } of jobs) {
    const counted = counts.get(`${kind} ${state}`) ?? { kind, state, count: 0, due }
    counts.set(`${kind} ${state}`, { ...counted, count: counted.count + 1, due: Math.min(counted.due, due) })
  }
  return [...counts.values()]
}

const comparePositions = (a: JobCursor, b: JobCursor): number =>
  a[0] - b[0] || compare(a[1], b[1]) || compare(a[2], b[2])
