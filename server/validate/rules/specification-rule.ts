/** The form of a rule that the specification states in words: it checks one value of a type. */
import type { JsonObject } from '../../fhir/types.ts'
import type { CheckContext } from '../check-context.ts'
import type { Violation } from '../violation.ts'

export type SpecificationRule = (data: JsonObject, context: CheckContext) => readonly Violation[]
