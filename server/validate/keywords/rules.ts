/** `fhirRules`: rules that the specification states in words for a type (see ../rules). */
import type { JsonObject } from '../../fhir/types.ts'
import { SPECIFICATION_RULES } from '../rules/index.ts'
import type { Violation } from '../violation.ts'
import { keyword } from './keyword.ts'

export const fhirRules = keyword<string>('fhirRules', ['object'], (name) => {
  const rules = SPECIFICATION_RULES[name] ?? []
  return (context, data: JsonObject) => {
    const found: Violation[] = []
    for (const rule of rules) found.push(...rule(data, context))
    return found
  }
})
