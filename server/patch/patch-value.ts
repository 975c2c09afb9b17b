/** The value of an operation of a FHIRPath Patch as the JSON of the element. https://hl7.org/fhir/R4/fhirpatch.html */
import type { TypedElement } from '../definitions/structures/typed-element.ts'
import type { Structures } from '../definitions/structures/structure-definition.ts'
import { remember, writtenAs } from '../fhir/decimals.ts'
import { items } from '../fhir/element.ts'
import { refuse } from '../fhir/outcome.ts'
import type { JsonObject } from '../fhir/types.ts'
import { definedChild } from './located-element.ts'
import { mutableCopy, type MutableObject } from './mutable.ts'

/** What an element becomes. `type` is that of `value[x]`: `Boolean`; absent for a backbone element and a resource. */
export type PatchValue = {
  readonly value?: unknown
  /** The id and the extensions of a primitive. */
  readonly sibling?: MutableObject
  readonly type?: string
  /** The text of a number that JavaScript writes differently: `1.50`. */
  readonly written?: string
}

/**
 * Reads the part `value` of an operation for an element: one `value[x]`, a resource, or parts that are its elements.
 * @throws OutcomeError `patch-malformed`
 */
export function patchValue(part: JsonObject, element: TypedElement, structures: Structures, at: string): PatchValue {
  if (part.resource !== undefined) return { value: mutableCopy(part.resource) }
  if (part.part !== undefined) return { value: objectOf(items(part.part), element, structures, at) }
  const names = new Set(
    Object.keys(part)
      .filter((name) => /^_?value[A-Z]/.test(name))
      .map((name) => name.replace(/^_/, '')),
  )
  const [name, another] = names
  if (name === undefined || another !== undefined)
    throw refuse('patch-malformed', 'The value of an operation is one `value[x]`, a resource, or parts.', {
      expression: at,
    })
  const written = writtenAs(part, name)
  const sibling = part[`_${name}`]
  return {
    value: mutableCopy(part[name] ?? null) ?? undefined,
    ...(typeof sibling === 'object' && sibling !== null ? { sibling: mutableCopy(sibling) as MutableObject } : {}),
    type: name.slice('value'.length),
    ...(written === undefined ? {} : { written }),
  }
}

/** A backbone element of parts that are named as its elements. */
function objectOf(
  parts: readonly JsonObject[],
  element: TypedElement,
  structures: Structures,
  at: string,
): MutableObject {
  const made: MutableObject = {}
  parts.forEach((part, index) => {
    const name = part.name
    if (typeof name !== 'string')
      throw refuse('patch-malformed', 'A part has no `name`; it is the name of an element.', { expression: at })
    const defined = definedChild(element, name, structures)
    const place = `${at}.part[${index}]`
    const value = patchValue(part, defined?.element ?? {}, structures, place)
    const property = defined?.isChoice ? `${name}${value.type ?? ''}` : name
    if (defined?.isList) append(made, property, value)
    else if (Object.hasOwn(made, property) || Object.hasOwn(made, `_${property}`))
      throw refuse('patch-malformed', `The element \`${name}\` is given twice.`, { expression: place })
    else set(made, property, value)
  })
  return made
}

/** Sets an element that does not repeat. */
export function set(holder: MutableObject, property: string, { value, sibling, written }: PatchValue): void {
  define(holder, property, value)
  define(holder, `_${property}`, sibling)
  if (written !== undefined) remember(holder, property, written)
}

/** Adds an item at the end of a list. */
export function append(holder: MutableObject, property: string, { value, sibling }: PatchValue): void {
  const list = (Array.isArray(holder[property]) ? holder[property] : []) as unknown[]
  const siblings = (Array.isArray(holder[`_${property}`]) ? holder[`_${property}`] : []) as unknown[]
  const length = Math.max(list.length, siblings.length)
  const padded = (own: readonly unknown[]): unknown[] => Array.from({ length }, (_, index) => own[index] ?? null)
  if (value !== undefined || list.length > 0) define(holder, property, [...padded(list), value ?? null])
  if (sibling !== undefined) define(holder, `_${property}`, [...padded(siblings), sibling])
}

/** Also for a name such as `__proto__`, which the validator refuses then. */
function define(holder: MutableObject, name: string, value: unknown): void {
  if (value === undefined) delete holder[name]
  else Object.defineProperty(holder, name, { value, writable: true, enumerable: true, configurable: true })
}
