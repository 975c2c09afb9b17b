/** `fhirRules`: what the specification says of a shape in words (see ../rules). */
import { RULES } from '../rules/index.ts'
import type { Fault } from '../run.ts'
import { keyword } from './keyword.ts'

export const fhirRules = keyword<string>('fhirRules', ['object'], (name) => {
  const rules = RULES[name] ?? []
  return (run, data: Record<string, unknown>) => {
    const found: Fault[] = []
    for (const rule of rules) found.push(...rule(data, run))
    return found
  }
})
