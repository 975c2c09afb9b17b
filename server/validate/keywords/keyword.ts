/** A keyword: its name, the JSON types that it applies to, and a check that is prepared once per schema. */
import type { ErrorObject, FuncKeywordDefinition, JSONType } from 'ajv'
import { toAjvError, type Violation } from '../violation.ts'
import type { DataPosition, ValidationEngine, CheckContext } from '../check-context.ts'

/** Checks one value; answers its violations, or undefined. */
export type KeywordCheck = (
  context: CheckContext,
  data: never,
  at: DataPosition,
) => readonly (Violation | ErrorObject)[] | undefined

/** Defines the keyword for the ajv of one engine; `prepare` makes only its check. */
export type Keyword<Value> = ((engine: ValidationEngine) => FuncKeywordDefinition) & {
  readonly prepare: (value: Value, engine: ValidationEngine, parent: object) => KeywordCheck
}

/** Makes a keyword of ajv from a function that prepares its check. */
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
