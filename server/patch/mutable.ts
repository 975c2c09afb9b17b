/** The JSON of a resource while a patch changes it: properties, lists, and the siblings that hold primitives' extensions. */
import { parseJson, serialize } from '../fhir/json.ts'

export type MutableObject = { [name: string]: unknown }

/** A property of an object, or an item of the list in it. Without a name: the object itself. */
export type ElementPlace = { readonly holder: MutableObject; readonly name?: string; readonly index?: number }

/** A copy that may be changed, its numbers as they are written. */
export const mutableCopy = <T>(value: T): T => parseJson(serialize(value)).value as T

/** The list of a property; an empty one where there is none. */
export const ownList = (holder: MutableObject, name: string): unknown[] =>
  Array.isArray(holder[name]) ? (holder[name] as unknown[]) : []

/** The object with the id and the extensions of a primitive, where there is one. https://hl7.org/fhir/R4/json.html#primitive */
export function siblingOf({ holder, name, index }: ElementPlace): MutableObject | undefined {
  const own = holder[`_${name ?? ''}`]
  const found = index === undefined ? own : (own as readonly unknown[] | undefined)?.[index]
  return typeof found === 'object' && found !== null ? (found as MutableObject) : undefined
}

/** The same, made where there is none. */
export function siblingFor(place: ElementPlace): MutableObject {
  const found = siblingOf(place)
  if (found) return found
  const { holder, name = '', index } = place
  const made: MutableObject = {}
  if (index === undefined) holder[`_${name}`] = made
  else {
    const list = ownList(holder, `_${name}`)
    while (list.length <= index) list.push(null)
    list[index] = made
    holder[`_${name}`] = list
  }
  return made
}

/** Takes the items of a list and those of its sibling at the same position, and puts others there. */
export function spliceBoth(
  { holder, name }: { readonly holder: MutableObject; readonly name: string },
  index: number,
  count: number,
  items: readonly { readonly value?: unknown; readonly sibling?: unknown }[],
): readonly { readonly value?: unknown; readonly sibling?: unknown }[] {
  const values = ownList(holder, name)
  const siblings = ownList(holder, `_${name}`)
  const length = Math.max(values.length, siblings.length)
  const both = Array.from({ length }, (_, at) => ({ value: values[at] ?? null, sibling: siblings[at] ?? null }))
  const taken = both.splice(
    index,
    count,
    ...items.map(({ value, sibling }) => ({ value: value ?? null, sibling: sibling ?? null })),
  )
  setList(
    holder,
    name,
    both.map(({ value }) => value),
  )
  setList(
    holder,
    `_${name}`,
    both.map(({ sibling }) => sibling),
  )
  return taken
}

/** Without the nulls at its end; none at all where nothing is left. https://hl7.org/fhir/R4/json.html#primitive */
function setList(holder: MutableObject, name: string, list: readonly unknown[]): void {
  if (list.every((one) => one === null)) delete holder[name]
  else holder[name] = list
}
