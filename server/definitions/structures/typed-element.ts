/** The types of the elements of a resource, step by step from its root, as the base definitions say. */
import { choiceName, isChoice, type ElementNode } from './element.ts'
import type { Structures } from './structure-definition.ts'

/** An element where it stands: its definition, and its type where that is one. Neither for an element that is not defined. */
export type TypedElement = { readonly node?: ElementNode; readonly type?: string }

/** The root of a resource of a type. */
export function resourceElement(type: string | undefined, structures: Structures): TypedElement {
  const node = type ? treeOfType(type, structures) : undefined
  return node ? { node, type } : {}
}

const trees = new WeakMap<Structures, Map<string, ElementNode>>()

/** The tree of a type by its name, looked for at every element that is walked into. */
function treeOfType(type: string, structures: Structures): ElementNode | undefined {
  const byName = trees.get(structures) ?? new Map<string, ElementNode>()
  const cached = byName.get(type)
  if (cached) return cached
  // What is no type is not remembered: a client may write any number of names.
  const made = !type.includes('|') && structures.find(type) ? structures.tree(type) : undefined
  if (made) trees.set(structures, byName.set(type, made))
  return made
}

/** A step into an element by the name that JSON gives it; `text` is the step in FHIRPath. */
export type TypedStep = TypedElement & { readonly text: string }

/** A step into an element by its name in JSON; `text` alone where the definitions have none of this name. */
export const childElement = (at: TypedElement, name: string, structures: Structures): TypedStep =>
  stepsInto(at, structures)?.get(name) ?? { text: name }

/** The steps into an element by the names that JSON gives them; undefined where nothing is defined below it. */
export function stepsInto(at: TypedElement, structures: Structures): Steps | undefined {
  const children = childElements(at, structures)
  return children && stepsOf(children)
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
  return type ? treeOfType(type, structures)?.children : undefined
}

type Steps = ReadonlyMap<string, TypedStep>
const steps = new WeakMap<ReadonlyMap<string, ElementNode>, Steps>()

/** `valueQuantity` is `value.ofType(Quantity)`. https://hl7.org/fhir/R4/formats.html#choice */
function stepsOf(children: ReadonlyMap<string, ElementNode>): Steps {
  const cached = steps.get(children)
  if (cached) return cached
  const made = new Map<string, TypedStep>()
  for (const node of children.values()) {
    if (!isChoice(node)) continue
    const base = node.name.slice(0, -3)
    made.set(base, { text: base, node })
    for (const { code } of node.element.type ?? [])
      made.set(choiceName(node.name, code), { text: `${base}.ofType(${code})`, node, type: code })
  }
  // An element's own name comes before that of a choice.
  for (const [name, node] of children) made.set(name, { text: name, node, type: node.element.type?.[0]?.code })
  steps.set(children, made)
  return made
}

function contentReferenceChildren(path: string, structures: Structures): ReadonlyMap<string, ElementNode> | undefined {
  const [type = '', ...steps] = path.split('.')
  const found = steps.reduce<ElementNode | undefined>((node, name) => node?.children.get(name), structures.tree(type))
  return found?.children
}
