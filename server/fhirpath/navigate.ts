/** From a value to the elements below it, in plain JSON; choices included: `value` finds `valueQuantity`. */
import { CHOICE_TYPES, CHOICES, propertiesOf } from '../fhir/choice.ts'
import type { JsonObject } from '../fhir/types.ts'
import { BAIL } from './values.ts'

/** Adds to `found` what is one step below a value. */
export type Navigate = (value: unknown, found: unknown[]) => void

/** The name of an element, and what follows from it, computed once. */
export type ElementName = {
  readonly name: string
  /** The property with the id and the extensions of a primitive. https://hl7.org/fhir/R4/json.html#primitive */
  readonly underscored: string
  readonly isChoice: boolean
  /** What properties met so far are to this choice. */
  readonly roles: Map<string, Role>
}

type Role = 'value' | 'underscored' | 'other'

export const elementName = (name: string): ElementName => ({
  name,
  underscored: `_${name}`,
  isChoice: CHOICES.has(name),
  roles: new Map(),
})

/** The values of an element below one value, added to `found`. A primitive without a value is left to HL7's engine. */
export function children(value: unknown, element: ElementName, found: unknown[]): void {
  const { name, underscored, isChoice } = element
  if (typeof value !== 'object' || value === null) {
    // The id and the extensions of a primitive are in its parent, which is out of reach here.
    if (name === 'extension' || name === 'id') throw BAIL
    return
  }
  const parent = value as JsonObject
  const own = parent[name]
  const extended = parent[underscored]
  if (extended !== undefined && !hasValueForEach(own, extended)) throw BAIL
  if (own !== undefined) add(own, found)
  else if (isChoice) choice(parent, element, found)
}

/** What is directly below the values. Extensions of primitives are left to HL7's engine. */
export function allChildren(values: readonly unknown[]): unknown[] {
  const found: unknown[] = []
  for (const value of values) addChildren(value, found)
  return found
}

/** Everything below the values, level by level. */
export function descendants(values: readonly unknown[]): readonly unknown[] {
  const found = allChildren(values)
  for (let at = 0; at < found.length; at++) addChildren(found[at], found)
  return found
}

function addChildren(value: unknown, found: unknown[]): void {
  if (typeof value !== 'object' || value === null) return
  for (const key in value) {
    if (key.charCodeAt(0) === 95) throw BAIL
    if (key !== 'resourceType') add((value as JsonObject)[key], found)
  }
}

/** Has every id and extension of a primitive a value in the element itself? */
const hasValueForEach = (own: unknown, extended: unknown): boolean =>
  Array.isArray(own) ? Array.isArray(extended) && extended.length <= own.length : own !== undefined && own !== null

/** The step to the values of one type of a choice, or of a kind of that type. */
export function typedStep(name: string, type: string): Navigate {
  const underscored = `_${name}`
  const properties = propertiesOf(name, type).map(elementName)
  return (value, found) => {
    if (typeof value !== 'object' || value === null) return
    const parent = value as JsonObject
    if (parent[underscored] !== undefined || parent[name] !== undefined) throw BAIL
    for (const one of properties) {
      if (parent[one.underscored] !== undefined) throw BAIL
      if (parent[one.name] !== undefined) add(parent[one.name], found)
    }
  }
}

function choice(parent: JsonObject, element: ElementName, found: unknown[]): void {
  for (const key in parent) {
    const role = element.roles.get(key) ?? roleOf(key, element)
    if (role === 'value') add(parent[key], found)
    else if (role === 'underscored') throw BAIL
  }
}

const MOST = 500

function roleOf(key: string, { name, roles }: ElementName): Role {
  const isUnderscored = key.startsWith(`_${name}`)
  const type = key.slice(name.length + (isUnderscored ? 1 : 0))
  const isOne = (isUnderscored || key.startsWith(name)) && CHOICE_TYPES.has(type)
  const role = !isOne ? 'other' : isUnderscored ? 'underscored' : 'value'
  if (roles.size < MOST) roles.set(key, role)
  return role
}

function add(value: unknown, found: unknown[]): void {
  if (!Array.isArray(value)) {
    if (value !== null) found.push(value)
    return
  }
  for (const one of value as readonly unknown[]) {
    if (one === null) throw BAIL
    found.push(one)
  }
}
