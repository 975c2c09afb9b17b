/** Runs the reindex jobs of a store that no hub has open, for the command `nwd reindex`; a hub that listens runs them itself. */
import { reindex } from '../jobs/reindex.ts'
import { REINDEX } from '../write/index-state.ts'
import type { IndexNeeds } from './prepare-index.ts'

/** Called after each page of a type: records done, of so many; `complete` after the last one. */
export type ReindexReport = (progress: {
  readonly type: string
  readonly done: number
  readonly total: number
  readonly complete: boolean
}) => void

/** Milliseconds that a page may take. */
const LEASE = 60_000
/** Types at most, of which there are not so many in R4. */
const TYPES = 1_000

/** @throws Error of the type whose records cannot be indexed; what is done stays done, and the next run goes on there. */
export async function runReindex(needs: IndexNeeds, report: ReindexReport): Promise<void> {
  const { store } = needs.write
  const { jobs } = await store.jobs.list({ kinds: [REINDEX], limit: TYPES })
  for (const { key, state } of jobs) {
    // One that waits after a fault is tried now.
    if (state === 'failed') await store.jobs.retry(REINDEX, key, needs.clock.now())
    else if (state !== 'running')
      await store.commit({ writes: [], jobs: [{ kind: REINDEX, key, due: needs.clock.now() }] })
  }
  const { signal } = new AbortController()
  const run = reindex(needs)
  for (;;) {
    const [job] = await store.jobs.claim({ kinds: [REINDEX], now: needs.clock.now(), lease: LEASE, max: 1 })
    if (!job) return
    const settled = await run(job, { signal }).catch(async (fault: unknown) => {
      await store.jobs.settle(job, { again: needs.clock.now(), error: 'fault' })
      throw fault
    })
    await store.jobs.settle(job, settled)
    const [{ done = 0, total = 0 } = {}] = needs.state.incomplete(job.key)
    report({ type: job.key, done, total, complete: 'done' in settled })
  }
}
