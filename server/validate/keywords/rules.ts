/** `fhirRules`: what the specification says of a shape in words (see ../rules). */
import { RULES } from '../rules/index.ts'
import type { Violation } from '../run.ts'
import { keyword } from './keyword.ts'

export const fhirRules = keyword<string>('fhirRules', ['object'], (name) => {
  const rules = RULES[name] ?? []
  return (run, data: Record<string, unknown>) => {
    const found: Violation[] = []
    for (const rule of rules) found.push(...rule(data, run))
    return found
  }
})
