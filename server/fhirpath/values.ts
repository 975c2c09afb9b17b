/** Values as FHIRPath compares them. What plain JSON does not decide is left to HL7's engine. https://hl7.org/fhirpath/N1/#equality */
import type { JsonObject } from '../fhir/types.ts'

/** Thrown while evaluating: only HL7's engine, which has the types of the elements, can answer this. */
export class Bail extends Error {}

/** One exception for all: its stack would cost more than the evaluation. */
export const BAIL = new Bail('left to the engine')

const DATE = /^\d{4}(-\d\d(-\d\d)?)?$/
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/
const LIKE_DATE = /^\d{4}(-\d\d|$)|^\d\d:\d\d/

// Most texts begin with a letter: then no pattern is tried.
function isLikeDate(text: string): boolean {
  const first = text.charCodeAt(0)
  return first >= 48 && first <= 57 && LIKE_DATE.test(text)
}

/** Less than 0, 0, more than 0; undefined when dates of different precision cannot be compared. */
export function compare(one: unknown, other: unknown): number | undefined {
  if (typeof one === 'number' && typeof other === 'number') return one - other
  if (isQuantity(one) && isQuantity(other)) return compareQuantities(one, other)
  if (typeof one !== 'string' || typeof other !== 'string') throw BAIL
  if (!isLikeDate(one) && !isLikeDate(other)) return one < other ? -1 : one > other ? 1 : 0
  if (INSTANT.test(one) && INSTANT.test(other)) return Date.parse(one) - Date.parse(other)
  if (!DATE.test(one) || !DATE.test(other)) throw BAIL
  const length = Math.min(one.length, other.length)
  const [left, right] = [one.slice(0, length), other.slice(0, length)]
  if (left !== right) return left < right ? -1 : 1
  return one.length === other.length ? 0 : undefined
}

type Quantity = { readonly value: number; readonly unit?: unknown; readonly system?: unknown; readonly code?: unknown }

const isQuantity = (value: unknown): value is Quantity =>
  typeof value === 'object' && value !== null && typeof (value as Quantity).value === 'number'

/**
 * The engine compares what UCUM can convert. The same unit, or none, needs no conversion; without codes the units are
 * compared as text; and other units than UCUM's cannot be converted. https://hl7.org/fhir/R4/fhirpath.html#quantity
 */
function compareQuantities(one: Quantity, other: Quantity): number | undefined {
  const areCoded = one.code !== undefined && other.code !== undefined
  const isSame = areCoded ? one.code === other.code && one.system === other.system : one.unit === other.unit
  if (isSame) return one.value - other.value
  if (!areCoded || one.system !== UCUM || other.system !== UCUM) return undefined
  throw BAIL
}

const UCUM = 'http://unitsofmeasure.org'

/** `=` on single values. Objects are the same when all that is in them is. */
export function same(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one === 'string' && typeof other === 'string') {
    // Dates of different form may be equal, or not comparable at all.
    if (isLikeDate(one) && isLikeDate(other) && !(DATE.test(one) && one.length === other.length)) throw BAIL
    return false
  }
  if (isElement(one) && isElement(other)) return sameElements(one, other)
  if (typeof one === 'object' || typeof other === 'object') throw BAIL
  return false
}

const isElement = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !('resourceType' in value)

/** Values that measure something may be the same though written differently. */
function sameElements(one: JsonObject, other: JsonObject): boolean {
  if (isQuantity(one) || isQuantity(other)) throw BAIL
  const keys = Object.keys(one)
  if (keys.length !== Object.keys(other).length || !keys.every((key) => Object.hasOwn(other, key))) return false
  return keys.every((key) => {
    const [mine, theirs] = [one[key], other[key]]
    if (Array.isArray(mine) && Array.isArray(theirs))
      return mine.length === theirs.length && mine.every((value, index) => same(value, theirs[index]))
    if (typeof mine === 'number' && mine !== theirs) throw BAIL
    return same(mine, theirs)
  })
}

/** A collection as a condition: empty is unknown, one value that is no boolean is true. */
export function condition(values: readonly unknown[]): boolean | undefined {
  if (values.length === 0) return undefined
  if (values.length > 1) throw BAIL
  return typeof values[0] === 'boolean' ? values[0] : true
}

/** The empty collection: unknown, nothing there. */
export const NONE: readonly unknown[] = []
export const TRUE: readonly unknown[] = [true]
export const FALSE: readonly unknown[] = [false]
export const truth = (value: boolean | undefined): readonly unknown[] =>
  value === undefined ? NONE : value ? TRUE : FALSE

/** In linear time for texts, numbers and booleans; texts that may be dates are compared with each other. */
export function distinct(values: readonly unknown[]): readonly unknown[] {
  if (values.length < 2) return values
  if (values.length <= FEW && values.every(isPlainString)) return fewDistinct(values)
  const seen = new Set<unknown>()
  const isOfDates = sameForm()
  const found: unknown[] = []
  for (const value of values) {
    if (typeof value === 'object') throw BAIL
    if (seen.has(value)) continue
    seen.add(value)
    if (typeof value === 'string' && isLikeDate(value) && !isOfDates(value)) throw BAIL
    found.push(value)
  }
  return found
}

/** Dates of one form are different where their texts are; of others HL7's engine says whether they are equal. */
function sameForm(): (date: string) => boolean {
  let form: { readonly length: number; areDates: boolean } | undefined
  return (date) => {
    const isAlike = form === undefined || (form.areDates && form.length === date.length)
    form = { length: date.length, areDates: (form?.areDates ?? true) && DATE.test(date) }
    return isAlike
  }
}

/** So few that to compare each with each is quicker than to remember them. */
const FEW = 8

const isPlainString = (value: unknown): boolean => typeof value === 'string' && !isLikeDate(value)

function fewDistinct(values: readonly unknown[]): readonly unknown[] {
  let found: unknown[] | undefined
  for (let index = 0; index < values.length; index++) {
    const isAgain = values.indexOf(values[index]) < index
    if (isAgain) found ??= values.slice(0, index)
    else found?.push(values[index])
  }
  return found ?? values
}
