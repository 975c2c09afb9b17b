/**
 * The quick pass: is there nothing at all to tell of a value? Most of what is sent is right, and most of the time of a
 * check goes into being able to say what is wrong and where. A test answers yes or no only, and no may be said too often:
 * then the schemas, which can tell, are asked. It is never said too seldom, which test/validate/quick.test.ts shows.
 */
import type { QuickTest } from '../check-context.ts'

/** For whatever the quick pass knows nothing of. */
export const NEVER: QuickTest = () => false

/** Several tests as one; written out for the few that there are mostly, which a loop would be slower for. */
export function allOf(tests: readonly QuickTest[]): QuickTest {
  const [one, two, three, four, ...more] = tests
  if (!one) return () => true
  if (!two) return one
  if (!three) return (value, context, holder) => one(value, context, holder) && two(value, context, holder)
  if (!four)
    return (value, context, holder) =>
      one(value, context, holder) && two(value, context, holder) && three(value, context, holder)
  const rest = more.length > 0 ? allOf([four, ...more]) : four
  return (value, context, holder) =>
    one(value, context, holder) &&
    two(value, context, holder) &&
    three(value, context, holder) &&
    rest(value, context, holder)
}
