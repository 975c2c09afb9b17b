/** Time that a test moves. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Sleep } from '../../server/jobs/sleep.ts'
import type { Store } from '../../server/store/store.ts'

/** A job that there is not: to renew it changes nothing, and is answered after every write before it. */
const NO_JOB = { kind: 'none', key: 'none', payload: undefined, due: 0, attempts: 0, fence: 0 }

/** Sleepers wake when their time has come. */
export function fakeTime({ clock, store }: { readonly clock: { now: number }; readonly store: Store }) {
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>()
  const sleep: Sleep = (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const wake = () => {
        sleepers.delete(sleeper)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const sleeper = { until: clock.now + ms, wake }
      sleepers.add(sleeper)
      signal.addEventListener('abort', wake)
    })
  const settle = async () => {
    for (let turns = 0; turns < 20; turns++) {
      await turn()
      await store.jobs.renew(NO_JOB, 0)
    }
  }
  return {
    sleep,
    settle,
    async pass(ms: number) {
      clock.now += ms
      for (const sleeper of [...sleepers]) if (sleeper.until <= clock.now) sleeper.wake()
      await settle()
    },
    sleeping: () => sleepers.size,
  }
}
