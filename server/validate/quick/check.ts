/** A keyword's own check as a test. */
import type { Keyword } from '../keywords/keyword.ts'
import type { DataPosition, ValidationEngine } from '../check-context.ts'
import type { QuickTest } from '../check-context.ts'

/** Makes the test of a keyword for its value in a schema. */
export type Make<Value = never> = (value: Value, engine: ValidationEngine, parent: object) => QuickTest

export function of<Value>({ prepare }: Keyword<Value>): Make<Value> {
  return (value, engine, parent) => {
    const check = prepare(value, engine, parent)
    return (data, context) => {
      const found = check(context, data as never, NOWHERE)
      return found === undefined || found.length === 0
    }
  }
}

/** Whoever asks for the place is not for this table: it throws, and the schemas decide. */
const NOWHERE = Object.freeze({
  get instancePath(): string {
    throw new Error('The quick pass knows no place.')
  },
  get parentData(): unknown {
    throw new Error('The quick pass knows no place.')
  },
  get parentDataProperty(): string {
    throw new Error('The quick pass knows no place.')
  },
  get rootData(): unknown {
    throw new Error('The quick pass knows no place.')
  },
}) satisfies DataPosition
