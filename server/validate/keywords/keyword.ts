/** The form that all keywords share: a name, the JSON types that it looks at, and a check made once per schema. */
import type { ErrorObject, FuncKeywordDefinition, JSONType } from 'ajv'
import { toAjvError, type Violation } from '../violation.ts'
import type { DataPosition, ValidationEngine, CheckContext } from '../check-context.ts'

/** Looks at one value; answers what it found, or undefined. */
export type KeywordCheck = (
  context: CheckContext,
  data: never,
  at: DataPosition,
) => readonly (Violation | ErrorObject)[] | undefined

/** A keyword of ajv for one engine; `prepare` makes its check alone. */
export type Keyword<Value> = ((engine: ValidationEngine) => FuncKeywordDefinition) & {
  readonly prepare: (value: Value, engine: ValidationEngine, parent: object) => KeywordCheck
}

/** Makes a keyword of ajv out of a function that prepares a check. */
export function keyword<Value>(
  name: string,
  types: readonly JSONType[],
  prepare: (value: Value, engine: ValidationEngine, parent: object) => KeywordCheck,
): Keyword<Value> {
  const define = (engine: ValidationEngine): FuncKeywordDefinition => ({
    keyword: name,
    type: [...types],
    errors: true,
    compile(value: Value, parent) {
      const check = prepare(value, engine, parent)
      const validate = function (this: CheckContext, data: unknown, at: DataPosition): boolean {
        const found = check(this, data as never, at)
        if (!found || found.length === 0) return true
        validate.errors = found.map((one) => ('keyword' in one ? one : toAjvError(name, one, at)))
        return false
      }
      validate.errors = null as ErrorObject[] | null
      return validate as never
    },
  })
  return Object.assign(define, { prepare })
}
