/** `fhirFixed`, `fhirPattern`, `fhirMin`, `fhirMax`: fixed value, pattern and range. */
import type { Json, JsonObject } from '../../fhir/types.ts'
import {
  equalsFixed,
  differenceFromFixed,
  differenceFromPattern,
  matchesPattern,
  type ValueDifference,
} from '../fixed-pattern.ts'
import type { Violation } from '../violation.ts'
import { keyword } from './keyword.ts'

const ALL = ['object', 'array', 'string', 'number', 'boolean'] as const

export const fhirFixed = keyword<Json>(
  'fhirFixed',
  ALL,
  (fixed) => (_context, data: Json) =>
    equalsFixed(data, fixed) ? undefined : [differs('value-fixed', differenceFromFixed(data, fixed), 'be')],
)

export const fhirPattern = keyword<Json>(
  'fhirPattern',
  ALL,
  (pattern) => (_context, data: Json) =>
    matchesPattern(data, pattern)
      ? undefined
      : [differs('value-pattern', differenceFromPattern(data, pattern), 'hold')],
)

function differs(
  detail: 'value-fixed' | 'value-pattern',
  { below, found, expected }: ValueDifference,
  be: string,
): Violation {
  if (expected === undefined)
    return { detail, below, text: `{at} is ${show(found)}, but the fixed value has no such element. Leave it out.` }
  const is = found === undefined ? 'is missing' : `is ${show(found)}`
  const must = typeof expected === 'object' ? be : 'be'
  return { detail, below, text: `{at} ${is}, but it must ${must} ${valueText(expected as Json)}.` }
}

export const fhirMin = keyword<Json>(
  'fhirMin',
  ALL,
  (min) => (_context, data: Json) =>
    compare(data, min) < 0
      ? [{ detail: 'value-range', text: `{at} is ${show(data)}; the minimum is ${show(min)}.` }]
      : undefined,
)

export const fhirMax = keyword<Json>(
  'fhirMax',
  ALL,
  (max) => (_context, data: Json) =>
    compare(data, max) > 0
      ? [{ detail: 'value-range', text: `{at} is ${show(data)}; the maximum is ${show(max)}.` }]
      : undefined,
)

/** Numbers, dates and the values of quantities; others are not compared. */
function compare(one: unknown, other: unknown): number {
  const [a, b] = [magnitude(one), magnitude(other)]
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') {
    const length = Math.min(a.length, b.length)
    const [left, right] = [a.slice(0, length), b.slice(0, length)]
    return left < right ? -1 : left > right ? 1 : 0
  }
  return 0
}

const magnitude = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? (value as JsonObject).value : value

/** An expected value in a sentence: a code with its system, else the JSON. */
export function valueText(value: Json): string {
  const { coding, system, code, ...more } = (value ?? {}) as Readonly<Record<string, Json>>
  if (Object.keys(more).length > 0) return show(value)
  const first = Array.isArray(coding) && coding.length === 1 ? (coding[0] as Json | undefined) : undefined
  if (first !== undefined) return valueText(first)
  return typeof code === 'string' && typeof system === 'string' ? `the code \`${code}\` of \`${system}\`` : show(value)
}

/** A value in a sentence, clipped when it is long. */
export function show(value: unknown): string {
  // A caller of the library may pass values that are not JSON (undefined).
  const text = typeof value === 'string' ? value : String(JSON.stringify(value))
  return `\`${text.length > 200 ? `${text.slice(0, 200)}...` : text}\``
}
