/** The types of the elements of a resource, step by step from its root, as the base definitions say. */
import { choiceName, isChoice, type ElementNode } from './element.ts'
import type { Structures } from './structure-definition.ts'

/** An element where it stands: its definition, and its type where that is one. Neither for an element that is not defined. */
export type TypedElement = { readonly node?: ElementNode; readonly type?: string }

/** The root of a resource of a type. */
export const resourceElement = (type: string | undefined, structures: Structures): TypedElement =>
  type && structures.find(type) ? { node: structures.tree(type), type } : {}

/** A step into an element by the name that JSON gives it; `text` is the step in FHIRPath. */
export type TypedStep = TypedElement & { readonly text: string }

/** `valueQuantity` is `value.ofType(Quantity)`. https://hl7.org/fhir/R4/formats.html#choice */
export function childElement(at: TypedElement, name: string, structures: Structures): TypedStep {
  const children = childElements(at, structures)
  const own = children?.get(name)
  if (own) return { text: name, node: own, type: own.element.type?.[0]?.code }
  return (children && choicesOf(children).get(name)) ?? { text: name }
}

/** The elements that are defined below an element. */
export function childElements(
  { node, type }: TypedElement,
  structures: Structures,
): ReadonlyMap<string, ElementNode> | undefined {
  if (!node) return undefined
  if (node.children.size > 0) return node.children
  const reference = node.element.contentReference
  if (reference) return contentReferenceChildren(reference.slice(reference.indexOf('#') + 1), structures)
  return type && structures.find(type) ? structures.tree(type).children : undefined
}

type Choices = ReadonlyMap<string, TypedStep>
const choices = new WeakMap<ReadonlyMap<string, ElementNode>, Choices>()

/** The names that the choices among these elements have in JSON. */
function choicesOf(children: ReadonlyMap<string, ElementNode>): Choices {
  const cached = choices.get(children)
  if (cached) return cached
  const made = new Map<string, TypedStep>()
  for (const node of children.values()) {
    if (!isChoice(node)) continue
    const base = node.name.slice(0, -3)
    made.set(base, { text: base, node })
    for (const { code } of node.element.type ?? [])
      made.set(choiceName(node.name, code), { text: `${base}.ofType(${code})`, node, type: code })
  }
  choices.set(children, made)
  return made
}

function contentReferenceChildren(path: string, structures: Structures): ReadonlyMap<string, ElementNode> | undefined {
  const [type = '', ...steps] = path.split('.')
  const found = steps.reduce<ElementNode | undefined>((node, name) => node?.children.get(name), structures.tree(type))
  return found?.children
}
