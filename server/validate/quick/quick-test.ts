/**
 * The quick pass: does a value have no issue at all? Most resources are valid, and most of the time of a check is spent
 * on being able to say what is wrong and where. A quick test only answers true or false. False may be wrong: the schemas
 * then check the value with ajv and report the issues. True is never wrong; test/validate/quick.test.ts compares both.
 */
import type { QuickTest } from '../check-context.ts'

/** Never passes: stands for a keyword or a case that the quick pass does not implement, so that ajv decides. */
export const NEVER: QuickTest = () => false

/** Joins tests; written out for up to four, because a loop is slower and most lists are short. */
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
