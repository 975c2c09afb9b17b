/** A FHIRPath Patch that makes one resource of another of its type and id: a small differ, for tests. */
import type { Definitions } from '../../server/definitions/definitions.ts'
import { childElement, resourceElement, type TypedElement } from '../../server/definitions/structures/typed-element.ts'
import { remember, sameAsWritten, writtenAs } from '../../server/fhir/decimals.ts'
import type { JsonObject, Resource } from '../../server/fhir/types.ts'

const KEPT = ['resourceType', 'id', 'meta']

/** Deletes every element that differs, and adds it as it shall be. */
export function fhirPathDifference(before: Resource, after: Resource, definitions: Definitions): Resource {
  const type = before.resourceType
  const names = new Set([...Object.keys(before), ...Object.keys(after)].map((name) => name.replace(/^_/, '')))
  const changed = [...names].filter(
    (name) =>
      !KEPT.includes(name) &&
      !(sameAsWritten(before[name], after[name]) && sameAsWritten(before[`_${name}`], after[`_${name}`])),
  )
  const parameter = changed.flatMap((name) => [
    ...deletions(type, name, before),
    ...additions(type, name, after, definitions),
  ])
  return { resourceType: 'Parameters', parameter: parameter }
}

const operation = (...part: readonly object[]): JsonObject => ({ name: 'operation', part }) as unknown as JsonObject
const text = (name: string, valueString: string) => ({ name, valueString })

function deletions(type: string, name: string, before: Resource): readonly JsonObject[] {
  const count = lengthOf(before, name)
  const path = `${type}.${name}`
  if (count === undefined)
    return name in before || `_${name}` in before
      ? [operation({ name: 'type', valueCode: 'delete' }, text('path', path))]
      : []
  return Array.from({ length: count }, () =>
    operation({ name: 'type', valueCode: 'delete' }, text('path', `${path}[0]`)),
  )
}

function additions(type: string, name: string, after: Resource, { structures }: Definitions): readonly JsonObject[] {
  if (!(name in after) && !(`_${name}` in after)) return []
  const element = childElement(resourceElement(type, structures), name, structures)
  const count = lengthOf(after, name)
  const indexes = count === undefined ? [undefined] : Array.from({ length: count }, (_, index) => index)
  return indexes.map((index) =>
    operation(
      { name: 'type', valueCode: 'add' },
      text('path', type),
      text('name', nameOf(element, name)),
      valuePart('value', after, name, index, element, structures),
    ),
  )
}

type Structures = Definitions['structures']

/** `deceased` for `deceasedBoolean`. */
const nameOf = (element: TypedElement, name: string): string =>
  element.node?.name.endsWith('[x]') ? element.node.name.slice(0, -3) : name

function lengthOf(holder: JsonObject | Resource, name: string): number | undefined {
  const [own, sibling] = [holder[name], (holder as JsonObject)[`_${name}`]]
  if (!Array.isArray(own) && !Array.isArray(sibling)) return undefined
  return Math.max(
    (own as readonly unknown[] | undefined)?.length ?? 0,
    (sibling as readonly unknown[] | undefined)?.length ?? 0,
  )
}

function valuePart(
  partName: string,
  holder: JsonObject | Resource,
  name: string,
  index: number | undefined,
  element: TypedElement,
  structures: Structures,
): JsonObject {
  const at = (value: unknown) => (index === undefined ? value : (value as readonly unknown[] | undefined)?.[index])
  const value = at(holder[name]) as JsonObject | undefined | null
  const sibling = at((holder as JsonObject)[`_${name}`]) ?? undefined
  if (typeof value === 'object' && value !== null && 'resourceType' in value) return { name: partName, resource: value }
  if (isBackbone(element)) return { name: partName, part: partsOf(value ?? {}, element, structures) }
  const key = `value${(element.type ?? 'string').replace(/^.*\./, '').replace(/^./, (first) => first.toUpperCase())}`
  const part = {
    name: partName,
    ...(value === undefined || value === null ? {} : { [key]: value }),
    ...(sibling === undefined ? {} : { [`_${key}`]: sibling }),
  } as JsonObject
  return index === undefined ? withDigits(holder, name, key, part) : part
}

/** The digits of a number go along. */
function withDigits(holder: object, name: string, key: string, part: JsonObject): JsonObject {
  const written = writtenAs(holder, name)
  if (written !== undefined) remember(part, key, written)
  return part
}

const isBackbone = ({ node, type }: TypedElement): boolean =>
  type === undefined || ['BackboneElement', 'Element'].includes(type) || (node?.element.contentReference ?? '') !== ''

function partsOf(value: JsonObject, element: TypedElement, structures: Structures): readonly JsonObject[] {
  const names = new Set(Object.keys(value).map((name) => name.replace(/^_/, '')))
  return [...names].flatMap((name) => {
    const child = childElement(element, name, structures)
    const count = lengthOf(value, name)
    const indexes = count === undefined ? [undefined] : Array.from({ length: count }, (_, index) => index)
    return indexes.map((index) => valuePart(nameOf(child, name), value, name, index, child, structures))
  })
}
