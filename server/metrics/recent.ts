/** Figures that are costly to compute: computed at most every so often, by one computation at a time, in slices. */
import { createTurn, type Turn } from '../jobs/slices.ts'
import type { Sleep } from '../jobs/sleep.ts'

/** `at`: the time as of which it was computed (ms); `seconds`: how long that took. */
export type Computed<T> = { readonly value: T; readonly at: number; readonly seconds: number }

export type Recent<T> = {
  /** What was computed last; undefined where the first computation takes longer than a caller waits. Never rejects. */
  get(): Promise<Computed<T> | undefined>
  /** Ends the computation under way. */
  stop(): Promise<void>
}

export type RecentNeeds = {
  readonly clock: { now(): number }
  readonly sleep: Sleep
  /** Receives what a computation throws; the next caller begins another one. */
  readonly fault: (error: unknown) => void
}

type Computation<T> = {
  /** Milliseconds between two computations, at least. */
  readonly every: number
  compute(now: number, turn: Turn): Promise<T>
}

/** Milliseconds that a caller waits for a computation before it takes the figures of the one before. */
const WAIT = 800
/** Milliseconds between two slices: requests come first. */
const PAUSE = 30
/** After a long computation, so many times as long passes until the next one. */
const REST = 20

export function createRecent<T>({ clock, sleep, fault }: RecentNeeds, { every, compute }: Computation<T>): Recent<T> {
  const stopping = new AbortController()
  const { signal } = stopping
  let latest: Computed<T> | undefined
  let running: Promise<void> | undefined

  async function pause(): Promise<void> {
    await sleep(PAUSE, signal)
    signal.throwIfAborted()
  }

  async function run(): Promise<void> {
    const [at, begun] = [clock.now(), performance.now()]
    try {
      const value = await compute(at, createTurn(pause))
      latest = { value, at, seconds: (performance.now() - begun) / 1000 }
    } catch (error) {
      if (!signal.aborted) fault(error)
    } finally {
      running = undefined
    }
  }

  function isDue(): boolean {
    if (signal.aborted) return false
    if (latest === undefined) return true
    const age = clock.now() - latest.at
    // A clock that was set back does not keep old figures.
    return age < 0 || age >= Math.max(every, latest.seconds * 1000 * REST)
  }

  return {
    async get() {
      if (running === undefined && isDue()) running = run()
      if (running === undefined) return latest
      const waiting = new AbortController()
      await Promise.race([running, sleep(WAIT, waiting.signal)])
      waiting.abort('answered')
      return latest
    },
    async stop() {
      stopping.abort('stopped')
      await running
    },
  }
}
