/**
 * Compares a value with fixed[x] and pattern[x], and finds the first difference: the innermost element that differs.
 * https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_
 */
import type { JsonObject } from '../fhir/types.ts'

/** `found` undefined: the element is missing; `expected` undefined: it is not allowed. `below` is a pointer from the value. */
export type ValueDifference = { readonly below: string; readonly found: unknown; readonly expected: unknown }

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const within = (key: string, { below, ...rest }: ValueDifference): ValueDifference => ({
  ...rest,
  below: `/${key}${below}`,
})

/** The first difference from a fixed value to which the value is not equal. */
export function differenceFromFixed(found: unknown, expected: unknown): ValueDifference {
  const whole: ValueDifference = { below: '', found, expected: expected }
  if (!isObject(found) || !isObject(expected)) return whole
  for (const key of Object.keys(expected)) {
    if (equalsFixed(found[key], expected[key])) continue
    return within(key, differenceFromFixed(found[key], expected[key]))
  }
  const extra = Object.keys(found).find((key) => !(key in expected))
  return extra === undefined ? whole : within(extra, { below: '', found: found[extra], expected: undefined })
}

/** The first part of a pattern that the value does not match. */
export function differenceFromPattern(found: unknown, expected: unknown): ValueDifference {
  const whole: ValueDifference = { below: '', found, expected: expected }
  if (!isObject(found) || !isObject(expected)) return whole
  const key = Object.keys(expected).find((one) => !matchesPattern(found[one], expected[one]))
  // The codings of a CodeableConcept are compared as a whole.
  if (key === undefined || key === 'coding') return whole
  return within(key, differenceFromPattern(found[key], expected[key]))
}

/** Equal as JSON, whatever the order of properties. */
export function equalsFixed(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => equalsFixed((one as JsonObject)[key], (other as JsonObject)[key]))
  )
}

/** Each property of the pattern matches in the value; each item of a list in the pattern matches some item in the value. */
export function matchesPattern(value: unknown, pattern: unknown): boolean {
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && pattern.every((expected) => value.some((item) => matchesPattern(item, expected)))
  }
  if (typeof pattern !== 'object' || pattern === null) return value === pattern
  if (typeof value !== 'object' || value === null) return false
  for (const key in pattern) if (!matchesPattern((value as JsonObject)[key], (pattern as JsonObject)[key])) return false
  return true
}
