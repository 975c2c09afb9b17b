/** Gives way: whoever has much to do does it piece by piece, and the event loop serves everybody else in between. */

/** ms */
const TURN = 20

/** Does one piece after the other, and after each 20 ms lets the event loop turn. `now` in ms. */
export type Turns = <T>(piece: () => Promise<T>) => Promise<T>

export function createTurns(now: () => number = () => performance.now()): Turns {
  let end = 0
  let isOpen = false
  const room = async (): Promise<void> => {
    for (;;) {
      const at = now()
      if (!isOpen) {
        isOpen = true
        end = at + TURN
        setImmediate(() => {
          isOpen = false
        })
      }
      if (at < end) return
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  let last: Promise<unknown> = Promise.resolve()
  return (piece) => {
    const done = last.then(room).then(piece)
    last = done.catch(() => undefined)
    return done
  }
}
