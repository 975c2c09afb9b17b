/** A keyword's own check as a test. */
import type { Keyword } from '../keywords/keyword.ts'
import type { DataAt, Engine } from '../run.ts'
import type { Test } from './test.ts'

/** Makes the test of a keyword for its value in a schema. */
export type Make<Value = never> = (value: Value, engine: Engine, parent: object) => Test

export function of<Value>({ prepare }: Keyword<Value>): Make<Value> {
  return (value, engine, parent) => {
    const check = prepare(value, engine, parent)
    return (data, run) => {
      const found = check(run, data as never, NOWHERE)
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
}) satisfies DataAt
