/**
 * The worker: claims due jobs under a lease, runs the handler of their kind, and settles them. A handler must be able to
 * run again for the same job: a job whose worker died is claimed anew when its lease runs out. A job whose handler keeps
 * failing is tried again after the waits of FAULT_WAITS, and then kept as `failed` until a person makes it ready again
 * ($retry-job). store/store.ts has the terms.
 */
import { StoreClosed } from '../store/errors.ts'
import type { Job, Settlement, Store } from '../store/store.ts'
import { oneAtATime } from './one-at-a-time.ts'
import type { Sleep } from './sleep.ts'

/**
 * Does the work of one claim. The signal aborts when the lease was lost or the worker must stop now. `isLast`: a fault of
 * this attempt makes the job `failed`.
 */
export type JobHandler = (
  job: Job,
  context: { readonly signal: AbortSignal; readonly isLast?: boolean },
) => Promise<Settlement>

/** Thrown by a handler when the signal aborted before its work was done: the job is released. */
export class Interrupted extends Error {}

export type WorkerNeeds = {
  readonly store: Store
  readonly clock: { now(): number }
  readonly sleep: Sleep
  readonly handlers: Readonly<Record<string, JobHandler>>
  /** How many jobs run at once. */
  readonly concurrency: number
  /** Milliseconds that a claim holds, and after which it is renewed. */
  readonly lease?: number
  readonly renew?: number
  /** Called for each fault of a handler, or (no job) of the store; the job will be tried again. */
  readonly onFault?: (job: Job | undefined, fault: unknown) => void
  /** Called once for a job that is not tried again, with its last fault. */
  readonly onFailed?: (job: Job, fault: unknown) => void
}

export type Worker = {
  start(): void
  /** A hint that a job may be due. */
  wake(): void
  /** Runs everything that is due now to its end, with the wakes in between; for tests and tools. */
  runDue(): Promise<void>
  /** Claims no more, gives what runs `grace` ms to end, then interrupts it; resolves when nothing runs. */
  stop(grace?: number): Promise<void>
}

const LEASE = 45_000
const RENEW = 15_000
/** Another process may have enqueued a job without waking us. */
const LONGEST_SLEEP = 5_000
/** What seems due may be a job of ours that is just being settled. */
const SHORTEST_SLEEP = 5
/** Milliseconds to wait after the store could not be used. */
const AFTER_STORE_FAULT = 1_000
const [MINUTE, HOUR] = [60, 3_600]
/**
 * Seconds to wait after the first, second, ... attempt that did not succeed, when it ended with a fault of the hub: 20
 * attempts in a day. A fault of the 20th makes the job `failed`.
 */
export const FAULT_WAITS: readonly number[] = [
  ...[1, 2, 4, 8, 15, 30],
  ...[1, 2, 5, 10, 15, 30, 30].map((minutes) => minutes * MINUTE),
  ...[1, 1, 2, 4, 6, 8].map((hours) => hours * HOUR),
]

export function createWorker(needs: WorkerNeeds): Worker {
  const kinds = Object.keys(needs.handlers)
  const running = new Map<Promise<void>, AbortController>()
  const stopping = new AbortController()
  let woken = new AbortController()
  let loop: Promise<void> | undefined

  // With a reason of its own: the default one is an error with a stack trace, which costs more than the wake.
  const wake = (): void => woken.abort('woken')
  const idle = () => Promise.all(running.keys())

  /** The loop and `runDue` claim one after the other: each sees what the other has begun. */
  const claim = oneAtATime(async (): Promise<number> => {
    const max = needs.concurrency - running.size
    if (max <= 0) return 0
    const jobs = await needs.store.jobs.claim({ kinds, now: needs.clock.now(), lease: needs.lease ?? LEASE, max })
    for (const job of jobs) begin(job)
    return jobs.length
  })

  function begin(job: Job): void {
    const interrupt = new AbortController()
    const run = runJob(needs, job, interrupt).finally(() => {
      running.delete(run)
      wake()
    })
    running.set(run, interrupt)
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      // Made before the claim: a wake that comes during it must not be missed.
      woken = new AbortController()
      try {
        const next = await nextDue()
        const wait = next === undefined ? LONGEST_SLEEP : next - needs.clock.now()
        if (wait > 0 || (await claim()) === 0)
          await needs.sleep(Math.min(Math.max(wait, SHORTEST_SLEEP), LONGEST_SLEEP), woken.signal)
      } catch (fault) {
        // The store is full or busy; it may not be for long.
        needs.onFault?.(undefined, fault)
        await needs.sleep(AFTER_STORE_FAULT, stopping.signal)
      }
    }
  }

  /** When a job is due that this worker has room for (ms since 1970). */
  const nextDue = async (): Promise<number | undefined> =>
    running.size < needs.concurrency ? needs.store.jobs.next(kinds) : undefined

  return {
    start() {
      loop ??= work()
    },
    wake,
    async runDue() {
      while ((await claim()) > 0 || running.size > 0) await idle()
    },
    async stop(grace = 5_000) {
      stopping.abort()
      wake()
      await loop
      const ended = new AbortController()
      const late = needs.sleep(grace, ended.signal).then(() => running.forEach((interrupt) => interrupt.abort()))
      await idle()
      ended.abort()
      await late
    },
  }
}

/** One claim from begin to end. Nothing in here may throw: the job MUST be settled, or it waits out its lease. */
async function runJob(needs: WorkerNeeds, job: Job, interrupt: AbortController): Promise<void> {
  const ended = new AbortController()
  const lease = keepLease(needs, job, interrupt, ended.signal)
  try {
    await settle(needs, job, await settlementOf(needs, job, interrupt.signal), interrupt.signal)
  } finally {
    ended.abort()
    await lease
  }
}

/** As often as it takes while the lease is kept and the store is open: it may be full, and not for long. */
async function settle(needs: WorkerNeeds, job: Job, settlement: Settlement, signal: AbortSignal): Promise<void> {
  do {
    try {
      return void (await needs.store.jobs.settle(job, settlement))
    } catch (fault) {
      needs.onFault?.(job, fault)
      if (fault instanceof StoreClosed) return
      await needs.sleep(AFTER_STORE_FAULT, signal)
    }
  } while (!signal.aborted)
}

async function settlementOf(needs: WorkerNeeds, job: Job, signal: AbortSignal): Promise<Settlement> {
  const handler = needs.handlers[job.kind] as JobHandler
  const seconds = FAULT_WAITS[job.attempts - 1]
  try {
    return await handler(job, { signal, isLast: seconds === undefined })
  } catch (fault) {
    if (fault instanceof Interrupted) return { again: job.due, error: 'The hub stopped.' }
    const error = fault instanceof Error ? fault.name : 'fault'
    if (seconds === undefined) {
      needs.onFailed?.(job, fault)
      return { failed: error }
    }
    needs.onFault?.(job, fault)
    return { again: needs.clock.now() + seconds * 1_000, error }
  }
}

/** Renews the lease while the work goes on; interrupts the work when the lease was lost (settling then does nothing). */
async function keepLease(needs: WorkerNeeds, job: Job, interrupt: AbortController, ended: AbortSignal): Promise<void> {
  const { store, clock, sleep, lease = LEASE, renew = RENEW } = needs
  for (;;) {
    await sleep(renew, ended)
    if (ended.aborted) return
    const kept = await store.jobs.renew(job, clock.now() + lease).catch(() => true)
    if (!kept) return interrupt.abort()
  }
}
