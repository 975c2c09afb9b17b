/** Values of answers beside values of a questionnaire: are they the same, and which is more? */
import type { JsonObject } from '../../fhir/types.ts'
import { dateRange } from '../../fhir/dates.ts'
import { convertUnit, UCUM } from '../../terminology/ucum.ts'

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null

/**
 * Codings are the same by code and system (a condition may leave the system open), references by where they point,
 * quantities by what they measure. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen.answer_x_
 */
export function isSame(given: unknown, wanted: unknown): boolean {
  if (!isObject(given) || !isObject(wanted)) return given === wanted
  if (wanted.value !== undefined) return order(given, wanted) === 0
  if (wanted.reference !== undefined) return given.reference === wanted.reference
  if (wanted.code === undefined) return given.code === undefined && given.display === wanted.display
  return given.code === wanted.code && (wanted.system === undefined || given.system === wanted.system)
}

/** Below 0: the first is less. Undefined: they cannot be compared. */
export function order(one: unknown, other: unknown): number | undefined {
  if (typeof one === 'number' && typeof other === 'number') return one - other
  if (typeof one === 'string' && typeof other === 'string') return orderTexts(one, other)
  return isObject(one) && isObject(other) ? orderQuantities(one, other) : undefined
}

/** Dates by their first instants; times, which have no date, as texts. */
function orderTexts(one: string, other: string): number {
  const [a, b] = [dateRange(one, 'UTC'), dateRange(other, 'UTC')]
  if (a && b) return a.start - b.start
  return one < other ? -1 : one > other ? 1 : 0
}

// https://hl7.org/fhir/R4/datatypes.html#Quantity: the code, not the unit's name, is what is computed with.
function orderQuantities(one: JsonObject, other: JsonObject): number | undefined {
  const { value: a } = one
  const { value: b } = other
  if (typeof a !== 'number' || typeof b !== 'number') return undefined
  if (isSameUnit(one, other)) return a - b
  if (one.system !== UCUM || other.system !== UCUM) return undefined
  const converted = convertUnit(a, String(one.code), String(other.code))
  if (converted === undefined) return undefined
  // 0.1 km is 100 m, whatever binary fractions make of it.
  return Math.abs(converted - b) <= 1e-12 * Math.max(Math.abs(converted), Math.abs(b)) ? 0 : converted - b
}

const isSameUnit = (one: JsonObject, other: JsonObject): boolean =>
  one.code === undefined && other.code === undefined
    ? one.unit === other.unit
    : one.code === other.code && one.system === other.system
