/** Time slices: many short steps run one after the other, and the event loop serves other requests in between. */

/** Milliseconds of one slice. */
const SLICE = 20

/** Runs one step after the other; a step that would begin after the end of the slice waits for the next one. */
export type TimeSlicer = <T>(step: () => Promise<T>) => Promise<T>

/** `now` answers milliseconds. */
export function createTimeSlicer(now: () => number = () => performance.now()): TimeSlicer {
  let end = 0
  let isOpen = false
  const slice = async (): Promise<void> => {
    for (;;) {
      const at = now()
      if (!isOpen) {
        isOpen = true
        end = at + SLICE
        setImmediate(() => {
          isOpen = false
        })
      }
      if (at < end) return
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  let last: Promise<unknown> = Promise.resolve()
  return (step) => {
    const done = last.then(slice).then(step)
    last = done.catch(() => undefined)
    return done
  }
}
