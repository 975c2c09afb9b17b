/**
 * Large work in turns of the event loop: after each part of it other requests have their turn. How much is done in one
 * turn is set here; each takes a few milliseconds.
 * https://nodejs.org/en/learn/asynchronous-work/event-loop-timers-and-nexttick
 */

export const TURN = {
  /** Items of a list, such as the records of a transaction. */
  items: 50,
  /** Characters of a text that are read, or written as bytes. What is not longer is done at once. */
  characters: 256 * 1024,
} as const

/** Waits for another turn: `setImmediate` comes after the events that wait. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** The time that work of one kind has in one turn, in ms: what several requests spend in it, they share. */
export function createTimeOfTurn(time: number): { left(): number; spend(ms: number): void } {
  let spent = 0
  return {
    left: () => time - spent,
    spend(ms) {
      // The first one of a turn: the next turn begins after what came with it.
      if (spent === 0) setImmediate(() => (spent = 0))
      spent += ms
    },
  }
}

/** What `step` makes of each item, in order. A list that is not long is done in one turn. */
export async function inTurns<T, R>(
  list: readonly T[],
  step: (item: T, index: number) => Promise<R> | R,
): Promise<readonly R[]> {
  if (list.length <= TURN.items) return Promise.all(list.map(step))
  const done: R[] = []
  for (let begin = 0; begin < list.length; begin += TURN.items) {
    const part = list.slice(begin, begin + TURN.items)
    done.push(...(await Promise.all(part.map((item, index) => step(item, begin + index)))))
    await nextTurn()
  }
  return done
}

/** The UTF-8 bytes of a long text, a piece for each turn. */
export async function bytesInTurns(text: string): Promise<readonly Buffer[]> {
  const pieces: Buffer[] = []
  for (let begin = 0; begin < text.length;) {
    if (begin > 0) await nextTurn()
    const end = begin + TURN.characters
    // A surrogate pair goes into one piece.
    const piece = text.slice(begin, isPair(text, end - 1) ? end + 1 : end)
    pieces.push(Buffer.from(piece))
    begin += piece.length
  }
  return pieces
}

const isPair = (text: string, at: number): boolean =>
  (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00
