/** The verdicts on tasks, in their order: the first from this thread, and what is more than a little from others. */
import type { Crew } from './crew.ts'
import type { Judge, Verdict } from './judge.ts'
import type { Task } from './tasks.ts'

/** For each thread: one task in work, and those that wait for it or for their turn to be told. */
const AHEAD = 3

/** `startCrew` is asked before each task until it has started one; undefined: not yet, this thread does it. */
export async function* verdictsOf(
  tasks: AsyncIterable<Task>,
  judge: Judge,
  startCrew: () => Crew | undefined,
): AsyncGenerator<readonly Verdict[]> {
  const waiting: Promise<readonly Verdict[]>[] = []
  let crew: Crew | undefined
  try {
    for await (const task of tasks) {
      crew ??= startCrew()
      if (!crew) {
        yield await judge(task)
        continue
      }
      waiting.push(guarded(crew.judge(task)))
      if (waiting.length >= crew.size * AHEAD) yield await waiting.shift()!
    }
    for (const verdicts of waiting) yield await verdicts
  } finally {
    await crew?.end()
  }
}

/** A failure is told when its turn comes; until then it is not one that nobody looks at. */
function guarded<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
