/** Work on many items that lets other requests have their turn in between. */

/** So many items take a few milliseconds. */
const AT_ONCE = 50

/** What `step` makes of each item, in order. A list that is not long is done in one turn. */
export async function inTurns<T, R>(
  list: readonly T[],
  step: (item: T, index: number) => Promise<R> | R,
): Promise<readonly R[]> {
  if (list.length <= AT_ONCE) return Promise.all(list.map(step))
  const done: R[] = []
  for (let begin = 0; begin < list.length; begin += AT_ONCE) {
    const part = list.slice(begin, begin + AT_ONCE)
    done.push(...(await Promise.all(part.map((item, index) => step(item, begin + index)))))
    await new Promise((resolve) => setImmediate(resolve))
  }
  return done
}
