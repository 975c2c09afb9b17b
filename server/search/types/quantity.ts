/** Quantities with their units: Quantity, Age, Duration, Money, Range, SampledData. https://hl7.org/fhir/R4/search.html#quantity */
import { refuse } from '../../fhir/outcome.ts'
import { canonicalUcumAmount, UCUM } from '../../terminology/ucum.ts'
import { split, unescape } from '../escape.ts'
import type { Prefix } from '../prefix.ts'
import { MISSING } from '../type.ts'
import type { SearchType } from '../type.ts'
import { COMPARE_NUMBERS, GREATEST, LEAST, searchedNumber } from './number.ts'
import type { NumberRange } from './number.ts'

/**
 * The closed range [low, high] in a unit. A quantity has an entry for each way to name its unit: `system|code`, `|code` and
 * `|unit` (or '' where it has none), and one under `<param>:ucum` in the base units of UCUM.
 */
export type QuantityEntry = {
  readonly kind: 'quantity'
  readonly param: string
  readonly low: number
  readonly high: number
  readonly unit: string
}

/** The searched range, as of a number. `unit` absent: any unit. */
export type QuantityFilter = {
  readonly op: 'quantity'
  readonly param: string
  readonly prefix: Prefix
  readonly low: number
  readonly high: number
  readonly unit?: string
}

/** The system of currencies: "Money ... code is the ISO 4217 code". https://hl7.org/fhir/R4/datatypes.html#Money */
const CURRENCIES = 'urn:iso:std:iso:4217'

type Unit = { readonly system?: string; readonly code?: string; readonly unit?: string }

export const quantity: SearchType<QuantityEntry, QuantityFilter> = {
  modifiers: [MISSING],
  sortKeyType: 'string',

  entries: (value, { code: param }) =>
    measured(value).flatMap(({ low, high, ...unit }) => {
      const limits = { low, high }
      const canonical = canonicalRange(limits, unit)
      return [
        ...unitNames(unit, canonical !== undefined).map(
          (name) => ({ kind: 'quantity', param, ...limits, unit: name }) as const,
        ),
        ...(canonical ? [{ kind: 'quantity', param: ucumParam(param), ...canonical } as const] : []),
      ]
    }),

  filter({ code: param }, _modifier, text) {
    const [number = '', system, code, ...rest] = split(text, '|').map(unescape)
    const range = searchedNumber(number)
    // `5.4||` is how some clients write that the unit does not matter.
    const isOfAnyUnit = system === undefined || (system === '' && code === '')
    if (!range || rest.length > 0 || (!isOfAnyUnit && !code)) {
      throw refuse(
        'invalid-parameter',
        `The value \`${text}\` of \`${param}\` is not a quantity; write \`5.4\`, \`5.4|http://unitsofmeasure.org|mg\` or \`5.4||mg\`, optionally with a prefix such as \`ge\`.`,
      )
    }
    if (isOfAnyUnit || code === undefined) return { op: 'quantity', param, ...range }
    const canonical = canonicalRange(range, { ...(system ? { system } : {}), code })
    if (canonical) return { op: 'quantity', param: ucumParam(param), prefix: range.prefix, ...canonical }
    return { op: 'quantity', param, ...range, unit: `${system ?? ''}|${code}` }
  },

  matches: (entry, filter) =>
    (filter.unit === undefined || filter.unit === entry.unit) && COMPARE_NUMBERS[filter.prefix](filter, entry),

  sortKey: ({ low }) => orderedText(low),
}

const ucumParam = (param: string): string => `${param}:ucum`

/** The names of a unit by which a search finds it. One of UCUM is found by its system in base units. */
function unitNames({ system, code, unit }: Unit, isUcum: boolean): readonly string[] {
  const names = [
    ...(system !== undefined && code !== undefined && !isUcum ? [`${system}|${code}`] : []),
    ...(code === undefined ? [] : [`|${code}`]),
    ...(unit === undefined ? [] : [`|${unit}`]),
  ]
  return names.length === 0 ? [''] : [...new Set(names)]
}

/** The range in base units; undefined for a unit that is none of UCUM. An open limit stays open. */
function canonicalRange(
  { low, high }: NumberRange,
  { system, code }: Unit,
): (NumberRange & { unit: string }) | undefined {
  if (system !== UCUM || code === undefined) return undefined
  const [first, last] = [inBaseUnits(low, code), inBaseUnits(high, code)]
  if (!first || !last) return undefined
  const [least, greatest] = first.value <= last.value ? [first.value, last.value] : [last.value, first.value]
  const unit = first.unit || last.unit
  return { low: least, high: greatest, unit }
}

const inBaseUnits = (limit: number, code: string) =>
  Math.abs(limit) === GREATEST ? withUnitOf(limit, code) : canonicalUcumAmount(limit, code)

function withUnitOf(value: number, code: string) {
  const one = canonicalUcumAmount(1, code)
  return one && { value, unit: one.unit }
}

type QuantityElement = {
  value?: unknown
  comparator?: unknown
  system?: unknown
  code?: unknown
  unit?: unknown
  currency?: unknown
  low?: unknown
  high?: unknown
  origin?: unknown
  data?: unknown
}

type Measured = NumberRange & Unit

function measured(element: unknown): readonly Measured[] {
  if (typeof element !== 'object' || element === null) return []
  const { low, high, origin } = element as QuantityElement
  if (low !== undefined || high !== undefined) return rangeOf(low, high)
  return origin === undefined ? single(element) : sampled(element as QuantityElement)
}

function single(element: object): readonly Measured[] {
  const { value, comparator } = element as QuantityElement
  if (typeof value !== 'number' || !Number.isFinite(value)) return []
  const amount = value + 0
  const low = comparator === '<' || comparator === '<=' ? LEAST : amount
  const high = comparator === '>' || comparator === '>=' ? GREATEST : amount
  return [{ low, high, ...unitOf(element) }]
}

function unitOf(element: unknown): Unit {
  const { system, code, unit, currency } = (element ?? {}) as QuantityElement
  if (typeof currency === 'string') return { system: CURRENCIES, code: currency }
  return {
    ...(typeof system === 'string' ? { system } : {}),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof unit === 'string' ? { unit } : {}),
  }
}

/** A Range from `low` to `high`; a limit that is not there is open. Both have the same unit (rng-2). */
function rangeOf(low: unknown, high: unknown): readonly Measured[] {
  const [least] = low === undefined ? [] : single(low as object)
  const [greatest] = high === undefined ? [] : single(high as object)
  if ((low !== undefined && !least) || (high !== undefined && !greatest)) return []
  const range = { low: least?.low ?? LEAST, high: greatest?.high ?? GREATEST }
  return range.low <= range.high ? [{ ...range, ...unitOf(low ?? high) }] : []
}

/** "just search on the bounds of the values in sampled data". A point is `origin + factor * number`. */
function sampled({ origin, data, ...rest }: QuantityElement & { factor?: unknown }): readonly Measured[] {
  const [zero] = single(origin as object)
  const factor = typeof rest.factor === 'number' ? rest.factor : 1
  if (!zero || typeof data !== 'string') return []
  const bounds = { low: GREATEST, high: LEAST }
  for (const text of data.match(/\S+/g) ?? []) {
    const point = zero.low + factor * Number(text)
    // E, L and U are points that were not measured.
    if (!Number.isFinite(point)) continue
    bounds.low = Math.min(bounds.low, point)
    bounds.high = Math.max(bounds.high, point)
  }
  return bounds.low <= bounds.high ? [{ ...bounds, ...unitOf(origin) }] : []
}

/** A number as a text: texts are in the order of the numbers, and have 16 digits. A store may compare either. */
export function orderedText(value: number): string {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value + 0)
  const unsigned = bits.getBigUint64(0)
  // By IEEE 754 the bits of positive numbers are in their order; those of negative ones in the reverse order.
  const ordered = unsigned >> 63n ? ~unsigned & ALL_BITS : unsigned | SIGN
  return ordered.toString(16).padStart(16, '0')
}

/** The number again. */
export function orderedNumber(text: string): number {
  const ordered = BigInt(`0x${text}`)
  const bits = new DataView(new ArrayBuffer(8))
  bits.setBigUint64(0, ordered & SIGN ? ordered ^ SIGN : ~ordered & ALL_BITS)
  return bits.getFloat64(0)
}

const SIGN = 1n << 63n
const ALL_BITS = (1n << 64n) - 1n
