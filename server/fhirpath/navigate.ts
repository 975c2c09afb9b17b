/** Steps through plain JSON, choices included: `value` finds `valueQuantity`. */
import { CHOICE_TYPES, CHOICES, propertiesOf } from '../fhir/choice.ts'
import { BAIL } from './values.ts'

type Bag = Readonly<Record<string, unknown>>

/** An element's name, and what follows from it, worked out once. */
export type Step = {
  readonly name: string
  readonly beside: string
  readonly isChoice: boolean
  /** Of properties met so far: what each is to this choice. */
  readonly known: Map<string, Role>
}

type Role = 'value' | 'beside' | 'other'

export const stepOf = (name: string): Step => ({
  name,
  beside: `_${name}`,
  isChoice: CHOICES.has(name),
  known: new Map(),
})

/** The values of an element below one value, added to `found`. A primitive without a value is left to the engine. */
export function children(value: unknown, step: Step, found: unknown[]): void {
  const { name, beside, isChoice } = step
  if (typeof value !== 'object' || value === null) {
    // What stands beside a primitive is out of sight here.
    if (name === 'extension' || name === 'id') throw BAIL
    return
  }
  const bag = value as Bag
  const own = bag[name]
  const besides = bag[beside]
  if (besides !== undefined && !isWhole(own, besides)) throw BAIL
  if (own !== undefined) add(own, found)
  else if (isChoice) choice(bag, step, found)
}

/** What is directly below the values. What stands beside a primitive is left to the engine. */
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
    if (key !== 'resourceType') add((value as Bag)[key], found)
  }
}

/** Is there a value for everything that stands beside? */
const isWhole = (own: unknown, beside: unknown): boolean =>
  Array.isArray(own) ? Array.isArray(beside) && beside.length <= own.length : own !== undefined && own !== null

/** The step to the values of one type of a choice, or of a kind of that type, added to `found`. */
export function typedStep(name: string, type: string): (value: unknown, found: unknown[]) => void {
  const beside = `_${name}`
  const properties = propertiesOf(name, type).map(stepOf)
  return (value, found) => {
    if (typeof value !== 'object' || value === null) return
    const bag = value as Bag
    if (bag[beside] !== undefined || bag[name] !== undefined) throw BAIL
    for (const one of properties) {
      if (bag[one.beside] !== undefined) throw BAIL
      if (bag[one.name] !== undefined) add(bag[one.name], found)
    }
  }
}

function choice(bag: Bag, step: Step, found: unknown[]): void {
  for (const key in bag) {
    const role = step.known.get(key) ?? roleOf(key, step)
    if (role === 'value') add(bag[key], found)
    else if (role === 'beside') throw BAIL
  }
}

const MOST = 500

function roleOf(key: string, { name, known }: Step): Role {
  const isBeside = key.startsWith(`_${name}`)
  const type = key.slice(name.length + (isBeside ? 1 : 0))
  const isOne = (isBeside || key.startsWith(name)) && CHOICE_TYPES.has(type)
  const role = !isOne ? 'other' : isBeside ? 'beside' : 'value'
  if (known.size < MOST) known.set(key, role)
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
