/** Jobs in memory. store/store.ts says what the calls do. */
import { compare } from '../../search/match.ts'
import type { EnqueuedJob } from '../new-jobs.ts'
import type { JobCount, JobState } from '../job-state.ts'
import type { Job, JobCursor, JobQuery, Jobs, ListedJob, Settlement } from '../store.ts'

/**
 * `leased`: until when a worker has it; `again`: the due time of an enqueueing that came during the lease; `ended`: it
 * is not claimed any more.
 */
type MemoryJob = {
  readonly kind: string
  readonly key: string
  payload: unknown
  due: number
  attempts: number
  fence: number
  sequence: number
  leased?: number | undefined
  again?: number | undefined
  error?: string | undefined
  ended?: 'failed' | 'done' | undefined
}

export type MemoryJobs = Jobs & {
  enqueue(job: EnqueuedJob): void
  /** Does this claim still hold? */
  holds(job: Job): boolean
}

/** @param clock the time at which states are listed */
export function memoryJobs(clock: () => number): MemoryJobs {
  const rows = new Map<string, MemoryJob>()
  let fence = 0
  const claimed = (job: Job): MemoryJob | undefined => {
    const row = rows.get(name(job))
    return row?.leased !== undefined && row.fence === job.fence ? row : undefined
  }
  const live = (kinds: readonly string[]): MemoryJob[] =>
    [...rows.values()].filter((row) => row.ended === undefined && kinds.includes(row.kind))

  return {
    enqueue: (job) => {
      const row = rows.get(name(job))
      if (row === undefined) rows.set(name(job), { ...job, payload: job.payload, attempts: 0, fence: 0 })
      else if (job.sequence > row.sequence) enqueueAgain(row, job)
    },
    holds: (job) => claimed(job) !== undefined,
    claim: async ({ kinds, now, lease, max }) => {
      const ready = live(kinds).filter((row) => readyAt(row) <= now)
      ready.sort((a, b) => a.due - b.due)
      return ready.slice(0, max).map((row) => {
        row.leased = now + lease
        row.again = undefined
        row.attempts++
        row.fence = ++fence
        return jobOf(row)
      })
    },
    renew: async (job, until) => {
      const row = claimed(job)
      if (row) row.leased = until
      return row !== undefined
    },
    settle: async (job, end) => {
      const row = claimed(job)
      if (row) settle(row, end)
      return row !== undefined
    },
    retry: async (kind, key, now) => {
      const row = rows.get(name({ kind, key }))
      if (row?.ended !== 'failed') return false
      Object.assign(row, { ended: undefined, due: now, attempts: 0 })
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

const name = ({ kind, key }: { kind: string; key: string }): string => JSON.stringify([kind, key])
const readyAt = ({ leased, due }: MemoryJob): number => leased ?? due
const jobOf = ({ kind, key, payload, due, attempts, fence }: MemoryJob): Job => ({
  kind,
  key,
  payload,
  due,
  attempts,
  fence,
})

function enqueueAgain(row: MemoryJob, { due, payload, sequence }: EnqueuedJob): void {
  row.sequence = sequence
  if (payload !== undefined) row.payload = payload
  if (row.leased !== undefined) row.again = Math.min(row.again ?? due, due)
  else row.due = row.ended === undefined ? Math.min(row.due, due) : due
  row.ended = undefined
}

function settle(row: MemoryJob, end: Settlement): void {
  const error = 'failed' in end ? end.failed : 'error' in end ? end.error : undefined
  const due = 'again' in end ? Math.min(end.again, row.again ?? end.again) : (row.again ?? row.due)
  row.ended = 'again' in end || row.again !== undefined ? undefined : 'failed' in end ? 'failed' : 'done'
  row.due = due
  row.leased = undefined
  row.again = undefined
  row.attempts = error === undefined ? 0 : row.attempts
  row.error = error
  if (row.ended === 'done') row.payload = undefined
}

const LIVE: readonly JobState[] = ['ready', 'scheduled', 'running', 'failed']

function list(
  { kinds, key, withoutPayload, states = LIVE, limit, after }: JobQuery,
  rows: Iterable<MemoryJob>,
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

function listedJob(row: MemoryJob, now: number): ListedJob {
  return {
    ...jobOf(row),
    state: stateOf(row, now),
    sequence: row.sequence,
    ...(row.leased === undefined ? {} : { leasedUntil: row.leased }),
    ...(row.error === undefined ? {} : { error: row.error }),
  }
}

function stateOf(row: MemoryJob, now: number): JobState {
  if (row.ended !== undefined) return row.ended
  if (readyAt(row) <= now) return 'ready'
  return row.leased === undefined ? 'scheduled' : 'running'
}

const cursorOf = ({ due, kind, key }: Job): JobCursor => [due, kind, key]

const comparePositions = (a: JobCursor, b: JobCursor): number =>
  a[0] - b[0] || compare(a[1], b[1]) || compare(a[2], b[2])
