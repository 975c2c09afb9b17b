/** Compares values of answers with values of the questionnaire. */
import type { JsonObject } from '../../fhir/types.ts'
import { dateRange } from '../../fhir/dates.ts'
import { convertUcumUnit, UCUM } from '../../terminology/ucum.ts'

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null

/**
 * Codings are compared by code and system (a condition may omit the system), references by their target, quantities by
 * amount and unit. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen.answer_x_
 */
export function isSameValue(given: unknown, expected: unknown): boolean {
  if (!isObject(given) || !isObject(expected)) return given === expected
  if (expected.value !== undefined) return compareValues(given, expected) === 0
  if (expected.reference !== undefined) return given.reference === expected.reference
  if (expected.code === undefined) return given.code === undefined && given.display === expected.display
  return given.code === expected.code && (expected.system === undefined || given.system === expected.system)
}

/** Negative: the first is less. Undefined: the values cannot be compared. */
export function compareValues(one: unknown, other: unknown): number | undefined {
  if (typeof one === 'number' && typeof other === 'number') return one - other
  if (typeof one === 'string' && typeof other === 'string') return compareTexts(one, other)
  return isObject(one) && isObject(other) ? compareQuantities(one, other) : undefined
}

/** Dates by their first instants; times of day as texts. */
function compareTexts(one: string, other: string): number {
  const [a, b] = [dateRange(one, 'UTC'), dateRange(other, 'UTC')]
  if (a && b) return a.start - b.start
  return one < other ? -1 : one > other ? 1 : 0
}

// Units are compared by code, not by name. https://hl7.org/fhir/R4/datatypes.html#Quantity
function compareQuantities(one: JsonObject, other: JsonObject): number | undefined {
  const { value: a } = one
  const { value: b } = other
  if (typeof a !== 'number' || typeof b !== 'number') return undefined
  if (isSameUnit(one, other)) return a - b
  if (one.system !== UCUM || other.system !== UCUM) return undefined
  const converted = convertUcumUnit(a, String(one.code), String(other.code))
  if (converted === undefined) return undefined
  // Tolerates the rounding of binary fractions: 0.1 km is 100 m.
  return Math.abs(converted - b) <= 1e-12 * Math.max(Math.abs(converted), Math.abs(b)) ? 0 : converted - b
}

const isSameUnit = (one: JsonObject, other: JsonObject): boolean =>
  one.code === undefined && other.code === undefined
    ? one.unit === other.unit
    : one.code === other.code && one.system === other.system
