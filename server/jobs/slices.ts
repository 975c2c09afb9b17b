/** Long work in slices, so that the event loop serves other requests in between. */

/** Called before each step of the work; waits where the slice is over. */
export type Turn = () => Promise<void>

/** Milliseconds. */
const SLICE = 10

/** @param pause between two slices; absent: whatever else is ready runs, and nothing more is waited for */
export function createTurn(pause: () => Promise<void> = nextLoop): Turn {
  let end = performance.now() + SLICE
  return async () => {
    if (performance.now() < end) return
    await pause()
    end = performance.now() + SLICE
  }
}

const nextLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
