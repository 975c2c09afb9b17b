/** Who waits for the next commit. A hint only: a reader of the feed asks the feed again. */

export type Watch = {
  changed(after: number, signal?: AbortSignal): Promise<void>
  /** Wakes those whose sequence was passed. */
  look(): void
  /** Wakes all. */
  close(): void
}

/** @param last the last sequence of the store */
export function watch(last: () => number): Watch {
  const waiting = new Map<() => void, number>()
  return {
    changed: (after, signal) =>
      new Promise((resolve) => {
        const wake = (): void => {
          waiting.delete(wake)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        if (signal?.aborted || last() > after) return resolve()
        waiting.set(wake, after)
        signal?.addEventListener('abort', wake)
      }),
    look: () => {
      if (waiting.size === 0) return
      const sequence = last()
      for (const [wake, after] of [...waiting]) if (sequence > after) wake()
    },
    close: () => {
      for (const wake of [...waiting.keys()]) wake()
    },
  }
}
