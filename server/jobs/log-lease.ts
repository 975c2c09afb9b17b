/**
 * The lease of a log reader: a job without an end, held by the one process that reads. It spares the other processes
 * the same work; that nothing is done twice is decided by the cursor (compare and set), not by the lease.
 */
import type { Job, Store } from '../store/store.ts'
import type { Sleep } from './sleep.ts'

export type LogLease = {
  /** Waits until this process holds the lease; undefined when the signal aborted before. */
  acquire(signal: AbortSignal): Promise<Job | undefined>
  /** Is the lease still ours? Renews it when that is due. */
  keep(): Promise<boolean>
  /** Lets another process read at once. */
  release(): Promise<void>
}

export type LeaseNeeds = {
  readonly store: Store
  readonly clock: { now(): number }
  readonly sleep: Sleep
}

/** Milliseconds that a lease holds, and after which it is renewed. */
const LEASE = 45_000
export const RENEW = 15_000
/** How long a process that does not hold the lease waits before it looks again. */
const LONGEST_WAIT = 5_000

/** The kind of the job that is the lease of a reader. */
export const leaseKind = (reader: string): string => `read-log/${reader}`

export function createLogLease({ store, clock, sleep }: LeaseNeeds, reader: string): LogLease {
  const kind = leaseKind(reader)
  let held: Job | undefined
  let renewed = 0

  async function claim(): Promise<Job | undefined> {
    const now = clock.now()
    const [job] = await store.jobs.claim({ kinds: [kind], now, lease: LEASE, max: 1 })
    renewed = now
    return (held = job)
  }

  return {
    async acquire(signal) {
      if (!signal.aborted && (await store.jobs.next([kind])) === undefined)
        await store.commit({ jobs: [{ kind, key: reader, due: clock.now() }] })
      while (!signal.aborted) {
        const job = await claim()
        if (job) return job
        const free = (await store.jobs.next([kind])) ?? clock.now()
        await sleep(Math.min(Math.max(free - clock.now(), 1), LONGEST_WAIT), signal)
      }
      return undefined
    },
    async keep() {
      const now = clock.now()
      if (held === undefined) return false
      if (now - renewed < RENEW) return true
      renewed = now
      return store.jobs.renew(held, now + LEASE)
    },
    async release() {
      const job = held
      held = undefined
      if (job) await store.jobs.settle(job, { again: clock.now() })
    },
  }
}
