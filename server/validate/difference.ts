/**
 * Is a value the one that is fixed, or does it hold a pattern? If not, where it first differs: the element at fault, not
 * all that holds it.
 * https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_
 */
import type { JsonObject } from '../fhir/types.ts'

/** `found` undefined: it is missing; `wanted` undefined: it may not be there. `below` is a pointer from the value. */
export type Difference = { readonly below: string; readonly found: unknown; readonly wanted: unknown }

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const within = (key: string, { below, ...rest }: Difference): Difference => ({ ...rest, below: `/${key}${below}` })

/** The first difference from a fixed value, which the value is not equal to. */
export function fromFixed(found: unknown, wanted: unknown): Difference {
  const whole: Difference = { below: '', found, wanted }
  if (!isObject(found) || !isObject(wanted)) return whole
  for (const key of Object.keys(wanted)) {
    if (equals(found[key], wanted[key])) continue
    return within(key, fromFixed(found[key], wanted[key]))
  }
  const extra = Object.keys(found).find((key) => !(key in wanted))
  return extra === undefined ? whole : within(extra, { below: '', found: found[extra], wanted: undefined })
}

/** The first part of a pattern that the value does not hold. */
export function fromPattern(found: unknown, wanted: unknown): Difference {
  const whole: Difference = { below: '', found, wanted }
  if (!isObject(found) || !isObject(wanted)) return whole
  const key = Object.keys(wanted).find((one) => !includes(found[one], wanted[one]))
  // What a concept means is told by all its codings together.
  if (key === undefined || key === 'coding') return whole
  return within(key, fromPattern(found[key], wanted[key]))
}

/** The same JSON; the order of properties is nothing. */
export function equals(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => equals((one as JsonObject)[key], (other as JsonObject)[key]))
  )
}

/** All that the pattern says is in the value; each item of a list in it matches some item of the value's. */
export function includes(value: unknown, pattern: unknown): boolean {
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && pattern.every((wanted) => value.some((item) => includes(item, wanted)))
  }
  if (typeof pattern !== 'object' || pattern === null) return value === pattern
  if (typeof value !== 'object' || value === null) return false
  for (const key in pattern) if (!includes((value as JsonObject)[key], (pattern as JsonObject)[key])) return false
  return true
}
