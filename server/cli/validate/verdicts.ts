/** The verdicts on tasks, in their order: the first few from this thread, the rest from every core. */
import type { Crew } from './crew.ts'
import type { Judge, Verdict } from './judge.ts'
import type { Task } from './tasks.ts'

/** About as long as it takes threads to start. */
const HERE = 8
/** For each thread: one task in work, and those that wait for it or for their turn to be told. */
const AHEAD = 3

/** `startCrew` is called when there is more than a little to do; without it, all is done here. */
export async function* verdictsOf(
  tasks: AsyncIterable<Task>,
  judge: Judge,
  startCrew?: () => Crew,
): AsyncGenerator<readonly Verdict[]> {
  const waiting: Promise<readonly Verdict[]>[] = []
  let here = 0
  let crew: Crew | undefined
  try {
    for await (const task of tasks) {
      if (!startCrew || here++ < HERE) {
        yield await judge(task)
        continue
      }
      crew ??= startCrew()
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
