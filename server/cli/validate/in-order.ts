/** The verdicts on tasks in the order of the tasks: this thread begins, a pool of threads helps with a longer run. */
import type { WorkerPool } from './worker-pool.ts'
import type { Checker, FileVerdict } from './check.ts'
import type { Task } from './tasks.ts'

/** Tasks handed to the pool for each thread: one being checked, and two that are waiting or done ahead of their turn. */
const AHEAD = 3

/** Calls `startPool` before each task until it answers a pool; while it answers undefined, this thread checks. */
export async function* verdictsInOrder(
  tasks: AsyncIterable<Task>,
  check: Checker,
  startPool: () => WorkerPool | undefined,
): AsyncGenerator<readonly FileVerdict[]> {
  const waiting: Promise<readonly FileVerdict[]>[] = []
  let pool: WorkerPool | undefined
  try {
    for await (const task of tasks) {
      pool ??= startPool()
      if (!pool) {
        yield await check(task)
        continue
      }
      waiting.push(guarded(pool.check(task)))
      if (waiting.length >= pool.size * AHEAD) yield await waiting.shift()!
    }
    for (const verdicts of waiting) yield await verdicts
  } finally {
    await pool?.end()
  }
}

/** A failure is reported when its turn comes; until then it must not count as an unhandled rejection. */
function guarded<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
