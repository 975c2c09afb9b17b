/**
 * What XML needs to know of a type and JSON does not: the order of its elements, which of them are attributes, which
 * repeat, and which hold numbers, XHTML or a resource. Read from the base definitions, once for each list of elements.
 * https://hl7.org/fhir/R4/xml.html
 */
import { choiceName, isChoice, type ElementNode } from '../structures/element.ts'
import type { Structures } from '../structures/structure-definition.ts'
import { childElements, resourceElement, type TypedElement } from '../structures/typed-element.ts'

export type Kind = 'attribute' | 'string' | 'number' | 'boolean' | 'xhtml' | 'complex' | 'resource'

/** One property; its name is the same in JSON and in XML (`valueQuantity`). */
export type Property = {
  readonly name: string
  readonly kind: Kind
  /** Its place among the others; the types of a choice share one. */
  readonly order: number
  readonly repeats: boolean
  /** The properties of what it holds; undefined where the definitions have none (a resource says its own type). */
  readonly shape: () => Shape | undefined
}

/** The order of what is not defined: last. */
export const UNDEFINED = Number.MAX_SAFE_INTEGER

/** The properties of a type by name. */
export type Shape = ReadonlyMap<string, Property>

export type Shapes = {
  /** Undefined for what is no type of resource. */
  readonly resource: (type: string) => Shape | undefined
  /** What a primitive has beside its value: id and extension. https://hl7.org/fhir/R4/json.html#primitive */
  readonly primitive: Shape
}

export function createShapes(structures: Structures): Shapes {
  const cache = new WeakMap<ReadonlyMap<string, ElementNode>, Shape>()
  const shapeOf = (at: TypedElement): Shape | undefined => {
    const children = childElements(at, structures)
    if (!children) return undefined
    const cached = cache.get(children)
    if (cached) return cached
    const shape = build(children, structures, shapeOf)
    cache.set(children, shape)
    return shape
  }
  const resources = new Map<string, Shape | undefined>()
  return {
    resource(type) {
      if (!/^[A-Z][A-Za-z]{1,63}$/.test(type)) return undefined
      if (resources.has(type)) return resources.get(type)
      if (structures.find(type)?.kind !== 'resource') return undefined
      const shape = shapeOf(resourceElement(type, structures))
      resources.set(type, shape)
      return shape
    },
    primitive: shapeOf(resourceElement('Element', structures)) ?? new Map(),
  }
}

type ShapeOf = (at: TypedElement) => Shape | undefined

function build(children: ReadonlyMap<string, ElementNode>, structures: Structures, shapeOf: ShapeOf): Shape {
  const shape = new Map<string, Property>()
  let order = 0
  for (const node of children.values()) {
    order += 1
    const repeats = node.element.max !== '1'
    for (const { code } of node.element.type ?? [{ code: '' }]) {
      const name = isChoice(node) ? choiceName(node.name, code) : node.name
      const kind = kindOf(node, code, structures)
      const inside = kind === 'complex' ? () => shapeOf({ node, type: code }) : () => undefined
      shape.set(name, { name, kind, order, repeats, shape: inside })
    }
  }
  return shape
}

const NUMBERS = new Set(['decimal', 'integer', 'unsignedInt', 'positiveInt'])

/** "the id attribute on elements and the url of extensions": all other elements are XML elements. */
function kindOf(node: ElementNode, type: string, structures: Structures): Kind {
  if (node.path === 'Extension.url' || isElementId(node, structures)) return 'attribute'
  if (type === 'xhtml') return 'xhtml'
  if (type === 'boolean') return 'boolean'
  if (NUMBERS.has(type)) return 'number'
  const kind = type === '' ? undefined : structures.find(type)?.kind
  if (kind === 'resource') return 'resource'
  return kind === 'primitive-type' ? 'string' : 'complex'
}

/** The id of an element (`Patient.contact.id`, `HumanName.id`), which is not that of a resource (`Patient.id`). */
function isElementId(node: ElementNode, structures: Structures): boolean {
  if (node.name !== 'id') return false
  const [owner = '', ...steps] = node.path.split('.')
  return steps.length > 1 || structures.find(owner)?.kind !== 'resource'
}
