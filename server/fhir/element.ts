/**
 * Reads coded values, references and extensions out of parsed JSON without trusting its shape: what is not of the
 * expected kind is not there. https://hl7.org/fhir/R4/datatypes.html
 */
import type { JsonObject } from './types.ts'

/** The objects of an element that repeats or does not; anything else in it is left out. */
export function items(value: unknown): readonly JsonObject[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.filter((one): one is JsonObject => typeof one === 'object' && one !== null && !Array.isArray(one))
}

/** The codes of one code system in a Coding or CodeableConcept, or in a list of either. */
export function codesOf(value: unknown, system: string): readonly string[] {
  return items(value)
    .flatMap((one) => (Array.isArray(one.coding) ? items(one.coding) : [one]))
    .flatMap((coding) => (coding.system === system && typeof coding.code === 'string' ? [coding.code] : []))
}

/**
 * The id behind a reference to a record of the hub: `{ reference: 'Organization/abe' }` and type Organization give
 * `abe`. A reference to another type or another server gives undefined. https://hl7.org/fhir/R4/references.html#literal
 */
export function idOf(value: unknown, type: string): string | undefined {
  const text = items(value)[0]?.reference
  if (typeof text !== 'string' || !text.startsWith(`${type}/`)) return undefined
  const [id, history] = text.slice(type.length + 1).split('/_history/')
  return id && !id.includes('/') && history !== '' ? id : undefined
}

/** The first extension with this url, on a resource or an element. https://hl7.org/fhir/R4/extensibility.html */
export function extensionOf(holder: object | undefined, url: string): JsonObject | undefined {
  return items((holder as { readonly extension?: unknown } | undefined)?.extension).find((one) => one.url === url)
}

/** A text that is there and says something. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value : undefined

/** Are two JSON values the same? The order of properties does not count, nor does how a number was written. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const names = Object.keys(one)
  if (names.length !== Object.keys(other).length) return false
  return names.every((name) => Object.hasOwn(other, name) && sameJson(valueAt(one, name), valueAt(other, name)))
}

const valueAt = (holder: object, name: string): unknown => (holder as Record<string, unknown>)[name]
