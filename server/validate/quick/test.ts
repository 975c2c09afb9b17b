/**
 * The quick pass: is there nothing at all to tell of a value? Most of what is sent is right, and most of the time of a
 * check goes into being able to say what is wrong and where. A test answers yes or no only, and no may be said too often:
 * then the schemas, which can tell, are asked. It is never said too seldom, which test/validate/quick.test.ts shows.
 */
import type { Run } from '../run.ts'

export type Bag = Readonly<Record<string, unknown>>

/** True: nothing to tell. `holder` is the object that the value is a property of, directly or as an item of a list. */
export type Test = (value: unknown, run: Run, holder: Bag) => boolean

/** For whatever the quick pass knows nothing of. */
export const NEVER: Test = () => false

/** Several tests as one; written out for the few that there are mostly, which a loop would be slower for. */
export function all(tests: readonly Test[]): Test {
  const [one, two, three, four, ...more] = tests
  if (!one) return () => true
  if (!two) return one
  if (!three) return (value, run, holder) => one(value, run, holder) && two(value, run, holder)
  if (!four)
    return (value, run, holder) => one(value, run, holder) && two(value, run, holder) && three(value, run, holder)
  const rest = more.length > 0 ? all([four, ...more]) : four
  return (value, run, holder) =>
    one(value, run, holder) && two(value, run, holder) && three(value, run, holder) && rest(value, run, holder)
}
