/** Makes a test of the quick pass from the check of a keyword. */
import type { Keyword } from '../keywords/keyword.ts'
import type { DataPosition, ValidationEngine } from '../check-context.ts'
import type { QuickTest } from '../check-context.ts'

/** Makes the test of a keyword for its value in a schema. */
export type TestFactory<Value = never> = (value: Value, engine: ValidationEngine, parent: object) => QuickTest

export function keywordTest<Value>({ prepare }: Keyword<Value>): TestFactory<Value> {
  return (value, engine, parent) => {
    const check = prepare(value, engine, parent)
    return (data, context) => {
      const found = check(context, data as never, NO_POSITION)
      return found === undefined || found.length === 0
    }
  }
}

/** A check that reads the position throws here, so that ajv decides: such a keyword does not belong into keywords.ts. */
const NO_POSITION = Object.freeze({
  get instancePath(): string {
    throw new Error('The quick pass has no position.')
  },
  get parentData(): unknown {
    throw new Error('The quick pass has no position.')
  },
  get parentDataProperty(): string {
    throw new Error('The quick pass has no position.')
  },
  get rootData(): unknown {
    throw new Error('The quick pass has no position.')
  },
}) satisfies DataPosition
