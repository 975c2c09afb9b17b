/**
 * Security labels are a set: "Uniqueness is determined by system/code, and version and display are ignored".
 * https://hl7.org/fhir/R4/resource-definitions.html#Meta.security
 */
import type { Violation } from '../violation.ts'
import type { SpecificationRule } from './specification-rule.ts'

export const uniqueSecurityLabels: SpecificationRule = ({ security }) => {
  if (!Array.isArray(security) || security.length < 2) return []
  const seen = new Set<string>()
  return (security as unknown[]).flatMap((label, index): Violation[] => {
    const { system, code } = (label ?? {}) as { system?: unknown; code?: unknown }
    const key = `${String(system)}|${String(code)}`
    if (typeof code !== 'string' || !seen.has(key)) {
      seen.add(key)
      return []
    }
    const text = `{at} is the label \`${key}\` again. The labels are a set: leave one out.`
    return [{ detail: 'value-conflict', below: `/security/${index}`, text }]
  })
}
