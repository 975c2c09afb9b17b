/** A violation: one rule that a value breaks. Keywords report violations, and pass them through ajv as its errors. */
import type { ErrorObject } from 'ajv'
import type { ErrorCode, Severity } from '../fhir/outcome.ts'
import type { CheckContext, CompiledSchema, DataPosition } from './check-context.ts'

/** `{at}` in the text stands for the FHIRPath of the element. */
export type Violation = {
  /** The stable code of the hub; FHIR's issue type follows from it (fhir/outcome.ts). */
  readonly detail: ErrorCode
  readonly text: string
  readonly severity?: Severity
  /** A JSON pointer from the data: `/coding/0`. */
  readonly below?: string
  /** The key of the invariant. */
  readonly rule?: string
  /** The maximum of a list that is longer: violations of the items beyond it are left out. */
  readonly limit?: number
  /** The invariant could not be evaluated, perhaps only because of other violations. */
  readonly unsure?: true
}

/** A violation as an error of ajv. */
export function toAjvError(keyword: string, violation: Violation, at: DataPosition): ErrorObject {
  return {
    keyword,
    instancePath: at.instancePath + (violation.below ?? ''),
    schemaPath: '',
    params: violation,
    message: violation.text,
  }
}

/** Calls a compiled schema and answers its errors. */
export function runSchema(
  compiled: CompiledSchema,
  context: CheckContext,
  data: unknown,
  at: DataPosition,
): readonly ErrorObject[] {
  return compiled.call(context, data, at) ? [] : (compiled.errors ?? [])
}
