/** Looks for commits of other processes, as long as somebody waits for one. */

/** How often (ms): what is posted at one hub holds at the others within a second. */
const INTERVAL = 200

export type LogWatch = {
  /** Looks until this is settled, or the store is closed. */
  while<T>(waiting: Promise<T>): Promise<T>
  end(): void
}

/** @param look reads the end of the log; a fault of it is left to the next look */
export function createLogWatch(look: () => Promise<unknown>): LogWatch {
  let waiting = 0
  let timer: NodeJS.Timeout | undefined
  let isLooking = false

  async function lookOnce(): Promise<void> {
    if (isLooking) return
    isLooking = true
    await look().catch(() => undefined)
    isLooking = false
  }
  const end = (): void => {
    clearInterval(timer)
    timer = undefined
  }
  return {
    async while(promise) {
      waiting += 1
      timer ??= setInterval(() => void lookOnce(), INTERVAL)
      try {
        return await promise
      } finally {
        waiting -= 1
        if (waiting === 0) end()
      }
    },
    end,
  }
}
