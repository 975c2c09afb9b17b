/** Decimals, integers and ranges of them. https://hl7.org/fhir/R4/search.html#number */
import { refuse } from '../../fhir/outcome.ts'
import { splitPrefix } from '../prefix.ts'
import type { Prefix } from '../prefix.ts'
import { MISSING } from '../type.ts'
import type { SearchType } from '../type.ts'

/** The closed range [low, high]: of a number both are the number itself, of a Range its limits. */
export type NumberEntry = {
  readonly kind: 'number'
  readonly param: string
  readonly low: number
  readonly high: number
}

/**
 * The searched range. With `eq` and `ne` it is the precision of the value, [low, high): 100 is [99.5, 100.5). With `ap`
 * both limits belong to it. With any other prefix both limits are the value itself.
 */
export type NumberFilter = {
  readonly op: 'number'
  readonly param: string
  readonly prefix: Prefix
  readonly low: number
  readonly high: number
}

export type NumberRange = { readonly low: number; readonly high: number }

/** The limits of a Range that names only one. JSON has no infinity. */
export const LEAST = -Number.MAX_VALUE
export const GREATEST = Number.MAX_VALUE

/** `ap` takes what is within this part of the value; R4 recommends 10%. */
const APPROXIMATION = 0.1

export const number: SearchType<NumberEntry, NumberFilter> = {
  modifiers: [MISSING],
  sortKeyType: 'number',

  entries(value, { code: param }) {
    const range = rangeOf(value)
    return range ? [{ kind: 'number', param, ...range }] : []
  },

  filter({ code: param }, _modifier, text) {
    const range = searchedNumber(text)
    if (range) return { op: 'number', param, ...range }
    throw refuse(
      'invalid-parameter',
      `The value \`${text}\` of \`${param}\` is not a number; write \`100\`, \`0.8\` or \`8e-1\`, optionally with a prefix such as \`ge\`.`,
    )
  },

  matches: (entry, filter) => COMPARE_NUMBERS[filter.prefix](filter, entry),

  sortKey: ({ low }) => low,
}

const within = (searched: NumberRange, target: NumberRange): boolean =>
  searched.low <= target.low && target.high <= searched.high

/** Within [low, high) of the precision. */
const equals = (searched: NumberRange, target: NumberRange): boolean =>
  searched.low <= target.low && target.high < searched.high

/** The clauses of search.html#prefix for a closed target range. */
export const COMPARE_NUMBERS: { readonly [prefix in Prefix]: (searched: NumberRange, target: NumberRange) => boolean } =
  {
    eq: equals,
    ne: (searched, target) => !equals(searched, target),
    gt: (searched, target) => target.high > searched.high,
    lt: (searched, target) => target.low < searched.low,
    ge: (searched, target) => target.high > searched.high || within(searched, target),
    le: (searched, target) => target.low < searched.low || within(searched, target),
    sa: (searched, target) => target.low > searched.high,
    eb: (searched, target) => target.high < searched.low,
    ap: (searched, target) => target.low <= searched.high && searched.low <= target.high,
  }

/** A searched number with its prefix, `ge5.40`; undefined for anything else. */
export function searchedNumber(text: string): (NumberRange & { readonly prefix: Prefix }) | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const { prefix, value } = splitPrefix(text)
  const exact = Number(value)
  const precision = precisionOf(value)
  if (!precision || !Number.isFinite(exact)) return undefined
  return { prefix, ...searchedRange(prefix, exact + 0, precision) }
}

/** Numbers have fewer digits; to read many takes long. */
const MAX_LENGTH = 200

/** "When a comparison prefix in the set gt, lt, ge, le, sa & eb is provided, the implicit precision is ignored." */
function searchedRange(prefix: Prefix, exact: number, precision: NumberRange): NumberRange {
  if (prefix === 'eq' || prefix === 'ne') return precision
  if (prefix !== 'ap') return { low: exact, high: exact }
  const margin = Math.abs(exact) * APPROXIMATION
  return { low: Math.min(precision.low, exact - margin), high: Math.max(precision.high, exact + margin) }
}

const DECIMAL = /^(-?\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/**
 * Half a unit of the last digit to either side: 100 is [99.5, 100.5), 100.00 is [99.995, 100.005), 1.00e2 is as 100.
 * (R4 gives [95, 105) as the range of 1e2, which is none of one digit; by the rule it is [50, 150).)
 * Computed on the digits, so that 0.8 gives exactly 0.75 and 0.85.
 */
function precisionOf(text: string): NumberRange | undefined {
  const [, whole, fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? []
  if (whole === undefined) return undefined
  const digits = BigInt(whole + fraction) * 10n
  const unit = Number(exponent) - fraction.length - 1
  const exact = Number(text)
  // With more digits than a number of JavaScript has, both limits would be the number itself, and nothing within them.
  const above = exact + Math.abs(exact) * Number.EPSILON
  return {
    low: finite(Number(`${digits - 5n}e${unit}`)),
    high: finite(Math.max(above, Number(`${digits + 5n}e${unit}`))),
  }
}

const finite = (value: number): number => Math.max(LEAST, Math.min(GREATEST, value))

type RangeElement = { low?: { value?: unknown }; high?: { value?: unknown } }

function rangeOf(value: unknown): NumberRange | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? { low: value + 0, high: value + 0 } : undefined
  if (typeof value !== 'object' || value === null) return undefined
  const { low, high } = value as RangeElement
  if (low?.value === undefined && high?.value === undefined) return undefined
  const limits = { low: low?.value ?? LEAST, high: high?.value ?? GREATEST }
  return isRange(limits) && limits.low <= limits.high ? { low: limits.low + 0, high: limits.high + 0 } : undefined
}

const isRange = (limits: { low: unknown; high: unknown }): limits is NumberRange =>
  Number.isFinite(limits.low) && Number.isFinite(limits.high)
