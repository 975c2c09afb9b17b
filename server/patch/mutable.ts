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
  const length = Math.max(ownList(holder, name).length, ownList(holder, `_${name}`).length)
  const spliced = (property: string, added: readonly unknown[]): readonly unknown[] => {
    const own = ownList(holder, property)
    const list: unknown[] = Array.from({ length }, (_, at) => own[at] ?? null)
    const taken = list.splice(index, count, ...added)
    setList(holder, property, list)
    return taken
  }
  const values = spliced(
    name,
    items.map(({ value }) => value ?? null),
  )
  const siblings = spliced(
    `_${name}`,
    items.map(({ sibling }) => sibling ?? null),
  )
  return values.map((value, at) => ({ value, sibling: siblings[at] }))
}

/** Without the nulls at its end; none at all where nothing is left. https://hl7.org/fhir/R4/json.html#primitive */
function setList(holder: MutableObject, name: string, list: readonly unknown[]): void {
  if (list.every((one) => one === null)) delete holder[name]
  else holder[name] = list
}
