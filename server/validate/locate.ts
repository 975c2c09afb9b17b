/** Translates a JSON pointer inside a resource to FHIRPath (`Patient.name[0].family`) and to the definition of the element. */
import { choiceName, isChoice, type ElementNode } from '../definitions/structures/element.ts'
import type { Structures } from '../definitions/structures/structure-definition.ts'

export type Location = {
  /** `Observation.component[0].value.ofType(Quantity)` */
  readonly expression: string
  /** `Observation.component.value[x]`; undefined below an element that is not defined. */
  readonly path?: string
  /** The type of the value, where one is defined: `Quantity`. */
  readonly type?: string
  /** The path from the resource that holds the value, without indexes, as in a profile of that resource. */
  readonly element: string
}

type LocatedElement = { node?: ElementNode; type?: string }

/**
 * Walks `pointer` from `root`, a resource. `prefix` replaces the type of the resource in the expression
 * (`Bundle.entry[0].resource`); default: its type.
 */
export function locate(root: unknown, pointer: string, structures: Structures, prefix?: string): Location {
  const rootType = typeOf(root)
  let expression = prefix ?? rootType ?? 'Resource'
  let last: LocatedElement = resourceAt(rootType, structures)
  let element = rootType ?? 'Resource'
  for (const { token, text, at, data, siblings } of pointerSteps(root, pointer, structures)) {
    expression += text
    const type = typeOf(data)
    if (type !== undefined && type === at.node?.path) element = type
    else if (siblings || !text.startsWith('[')) element += `.${at.node?.name ?? token}`
    last = at
  }
  return { expression, path: last.node?.path, type: last.type, element }
}

/** One step of a pointer: its data and definition, and the elements among which it is defined; `text` is its FHIRPath. */
export type PointerStep = {
  readonly token: string
  readonly text: string
  readonly data: unknown
  readonly at: LocatedElement
  readonly siblings?: ReadonlyMap<string, ElementNode>
}

/** The steps of a pointer from a resource, each with its definition. */
export function* pointerSteps(root: unknown, pointer: string, structures: Structures): Iterable<PointerStep> {
  let at: LocatedElement = resourceAt(typeOf(root), structures)
  let data = root
  for (const token of pointerTokens(pointer)) {
    data = typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[token] : undefined
    let text = `[${token}]`
    let siblings: ReadonlyMap<string, ElementNode> | undefined
    if (!/^\d+$/.test(token)) {
      siblings = childrenOf(at, structures)
      const next = stepInto(at, elementName(token, at, structures), structures)
      text = `.${next.text}`
      at = next
    }
    if (at.type === 'Resource') at = { ...at, ...resourceAt(typeOf(data), structures) }
    yield { token, text, data, at, siblings }
  }
}

export const pointerTokens = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))

// `_birthDate` belongs to birthDate; an undefined name stays as it is.
function elementName(token: string, at: LocatedElement, structures: Structures): string {
  return token.startsWith('_') && stepInto(at, token.slice(1), structures).node ? token.slice(1) : token
}

function stepInto(at: LocatedElement, name: string, structures: Structures): LocatedElement & { text: string } {
  const children = childrenOf(at, structures)
  const own = children?.get(name)
  if (own) return { text: name, node: own, type: own.element.type?.[0]?.code }
  for (const choice of children?.values() ?? []) {
    if (!isChoice(choice)) continue
    const base = choice.name.slice(0, -3)
    if (name === base) return { text: base, node: choice }
    const type = choice.element.type?.find((one) => choiceName(choice.name, one.code) === name)
    if (type) return { text: `${base}.ofType(${type.code})`, node: choice, type: type.code }
  }
  return { text: name }
}

function childrenOf(
  { node, type }: LocatedElement,
  structures: Structures,
): ReadonlyMap<string, ElementNode> | undefined {
  if (!node) return undefined
  if (node.children.size > 0) return node.children
  const reference = node.element.contentReference
  if (reference) return contentReferenceChildren(reference.slice(reference.indexOf('#') + 1), structures)
  return type && structures.find(type) ? structures.tree(type).children : undefined
}

function contentReferenceChildren(path: string, structures: Structures): ReadonlyMap<string, ElementNode> | undefined {
  const [type = '', ...steps] = path.split('.')
  const found = steps.reduce<ElementNode | undefined>((node, name) => node?.children.get(name), structures.tree(type))
  return found?.children
}

const resourceAt = (type: string | undefined, structures: Structures): LocatedElement =>
  type && structures.find(type) ? { node: structures.tree(type), type } : {}

function typeOf(value: unknown): string | undefined {
  const type = (value as { resourceType?: unknown } | null | undefined)?.resourceType
  return typeof type === 'string' ? type : undefined
}
