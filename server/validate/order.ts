/** The order in which faults are told: what is no FHIR JSON first, then as the resource is read from top to bottom. */
import type { ErrorCode } from '../fhir/outcome.ts'
import { tokensOf } from './locate.ts'

type Placed = { readonly code: ErrorCode; readonly pointer: string }

/** Codes of what cannot be read as the elements that it should be. */
const FORM = new Set<ErrorCode>(['element-unknown', 'element-type', 'element-empty'])

/** A copy, sorted; those of one place keep their order. What is missing comes before all that its holder has. */
export function inOrder<One extends Placed>(faults: readonly One[], root: unknown): readonly One[] {
  if (faults.length < 2) return faults
  const placed = faults.map((fault) => ({ fault, form: FORM.has(fault.code), place: placeOf(fault.pointer, root) }))
  placed.sort((one, other) => Number(other.form) - Number(one.form) || compare(one.place, other.place))
  return placed.map(({ fault }) => fault)
}

function placeOf(pointer: string, root: unknown): readonly number[] {
  const place: number[] = []
  let data = root
  for (const token of tokensOf(pointer)) {
    if (typeof data !== 'object' || data === null) break
    place.push(Array.isArray(data) ? Number(token) : Object.keys(data).indexOf(token))
    data = (data as Record<string, unknown>)[token]
  }
  return place
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (let index = 0; index < Math.min(one.length, other.length); index++) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0)
    if (difference !== 0) return difference
  }
  return one.length - other.length
}
