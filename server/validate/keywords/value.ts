/** `fhirFixed`, `fhirPattern`, `fhirMin`, `fhirMax`: what a value must be. */
import type { Json } from '../../fhir/types.ts'
import { keyword } from './keyword.ts'

const ALL = ['object', 'array', 'string', 'number', 'boolean'] as const

export const fhirFixed = keyword<Json>('fhirFixed', ALL, (fixed) => {
  const shown = show(fixed)
  return (_run, data: Json) =>
    equals(data, fixed) ? undefined : [{ code: 'value-fixed', text: `{at} is ${show(data)}, but it must be ${shown}.` }]
})

export const fhirPattern = keyword<Json>('fhirPattern', ALL, (pattern) => {
  const shown = show(pattern)
  return (_run, data: Json) =>
    includes(data, pattern)
      ? undefined
      : [{ code: 'value-pattern', text: `{at} is ${show(data)}, but it must hold ${shown}.` }]
})

export const fhirMin = keyword<Json>(
  'fhirMin',
  ALL,
  (min) => (_run, data: Json) =>
    compare(data, min) < 0
      ? [{ code: 'value-range', text: `{at} is ${show(data)}; the least allowed is ${show(min)}.` }]
      : undefined,
)

export const fhirMax = keyword<Json>(
  'fhirMax',
  ALL,
  (max) => (_run, data: Json) =>
    compare(data, max) > 0
      ? [{ code: 'value-range', text: `{at} is ${show(data)}; the most allowed is ${show(max)}.` }]
      : undefined,
)

/** The same JSON; the order of properties is nothing. */
export function equals(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length && keys.every((key) => equals((one as Bag)[key], (other as Bag)[key]))
  )
}

/** All that the pattern says is in the value; each item of a list in it matches some item of the value's. */
export function includes(value: unknown, pattern: unknown): boolean {
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && pattern.every((wanted) => value.some((item) => includes(item, wanted)))
  }
  if (typeof pattern !== 'object' || pattern === null) return value === pattern
  if (typeof value !== 'object' || value === null) return false
  for (const key in pattern) if (!includes((value as Bag)[key], (pattern as Bag)[key])) return false
  return true
}

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

type Bag = Readonly<Record<string, unknown>>

const magnitude = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? (value as Bag).value : value

/** A value in a sentence, cut when it is long. */
export function show(value: unknown): string {
  // What JSON cannot say (undefined) may come from a caller that did not read JSON.
  const text = typeof value === 'string' ? value : String(JSON.stringify(value))
  return `\`${text.length > 200 ? `${text.slice(0, 200)}...` : text}\``
}
