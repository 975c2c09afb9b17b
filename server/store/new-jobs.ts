/** The jobs that a commit enqueues, one for each key. */
import type { NewJob } from './store.ts'

export type EnqueuedJob = NewJob & { readonly sequence: number }

/**
 * Merges jobs of one key: the earliest due time, the last payload, the last sequence.
 * @param sequence of the commit, for those that name none
 */
export function mergeJobs(jobs: readonly NewJob[], sequence: number): readonly EnqueuedJob[] {
  const merged = new Map<string, EnqueuedJob>()
  for (const job of jobs) {
    const name = jobName(job)
    const before = merged.get(name)
    const next = { ...job, sequence: job.sequence ?? sequence }
    merged.set(name, before === undefined ? next : both(before, next))
  }
  return [...merged.values()]
}

/** What names a job in one text. */
export const jobName = ({ kind, key }: Pick<NewJob, 'kind' | 'key'>): string => JSON.stringify([kind, key])

const both = (before: EnqueuedJob, next: EnqueuedJob): EnqueuedJob => ({
  ...next,
  due: Math.min(before.due, next.due),
  payload: next.payload === undefined ? before.payload : next.payload,
  sequence: Math.max(before.sequence, next.sequence),
})
