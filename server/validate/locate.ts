/** Translates a JSON pointer inside a resource to FHIRPath (`Patient.name[0].family`) and to the definition of the element. */
import type { ElementNode } from '../definitions/structures/element.ts'
import type { Structures } from '../definitions/structures/structure-definition.ts'
import {
  childElement,
  childElements,
  resourceElement,
  type TypedElement,
} from '../definitions/structures/typed-element.ts'

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

/**
 * Walks `pointer` from `root`, a resource. `prefix` replaces the type of the resource in the expression
 * (`Bundle.entry[0].resource`); default: its type.
 */
export function locate(root: unknown, pointer: string, structures: Structures, prefix?: string): Location {
  const rootType = typeOf(root)
  let expression = prefix ?? rootType ?? 'Resource'
  let last: TypedElement = resourceElement(rootType, structures)
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
  readonly at: TypedElement
  readonly siblings?: ReadonlyMap<string, ElementNode>
}

/** The steps of a pointer from a resource, each with its definition. */
export function* pointerSteps(root: unknown, pointer: string, structures: Structures): Iterable<PointerStep> {
  let at: TypedElement = resourceElement(typeOf(root), structures)
  let data = root
  for (const token of pointerTokens(pointer)) {
    data = typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[token] : undefined
    let text = `[${token}]`
    let siblings: ReadonlyMap<string, ElementNode> | undefined
    if (!/^\d+$/.test(token)) {
      siblings = childElements(at, structures)
      const next = childElement(at, elementName(token, at, structures), structures)
      text = `.${next.text}`
      at = next
    }
    if (at.type === 'Resource') at = { ...at, ...resourceElement(typeOf(data), structures) }
    yield { token, text, data, at, siblings }
  }
}

export const pointerTokens = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))

// `_birthDate` belongs to birthDate; an undefined name stays as it is.
function elementName(token: string, at: TypedElement, structures: Structures): string {
  return token.startsWith('_') && childElement(at, token.slice(1), structures).node ? token.slice(1) : token
}

function typeOf(value: unknown): string | undefined {
  const type = (value as { resourceType?: unknown } | null | undefined)?.resourceType
  return typeof type === 'string' ? type : undefined
}
