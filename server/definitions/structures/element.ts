/**
 * A StructureDefinition as a tree: each node is one element with what the definition says of it.
 * https://hl7.org/fhir/R4/elementdefinition.html
 */
import type { Json } from '../../fhir/types.ts'

export type TypeRef = {
  readonly code: string
  readonly profile?: readonly string[]
  readonly targetProfile?: readonly string[]
  readonly aggregation?: readonly ('contained' | 'referenced' | 'bundled')[]
}

export type Constraint = {
  readonly key: string
  readonly severity: 'error' | 'warning'
  readonly human: string
  readonly expression?: string
  readonly extension?: readonly { readonly url: string }[]
}

export type Discriminator = {
  readonly type: 'value' | 'exists' | 'pattern' | 'type' | 'profile'
  readonly path: string
}

export type Slicing = {
  readonly discriminator?: readonly Discriminator[]
  readonly rules?: 'closed' | 'open' | 'openAtEnd'
  readonly ordered?: boolean
}

export type Binding = {
  readonly strength: 'required' | 'extensible' | 'preferred' | 'example'
  readonly valueSet?: string
  readonly extension?: readonly Extension[]
}

/** What a definition says beyond its elements; `extension` are its parts. */
export type Extension = {
  readonly url: string
  readonly extension?: readonly Extension[]
  readonly [value: string]: unknown
}

/** The parts of ElementDefinition that the hub reads; `fixed[x]`, `pattern[x]`, `minValue[x]`, `maxValue[x]` by name. */
export type ElementDefinition = {
  readonly path: string
  readonly id?: string
  readonly sliceName?: string
  readonly short?: string
  readonly min?: number
  readonly max?: string
  readonly type?: readonly TypeRef[]
  readonly binding?: Binding
  readonly constraint?: readonly Constraint[]
  readonly slicing?: Slicing
  readonly contentReference?: string
  readonly maxLength?: number
  readonly [key: string]: unknown
}

/**
 * One element. `children` are those stated by this definition: none means "as its type says".
 * Nodes are copied before they are changed; `element` is shared, so the same object means "nothing changed here".
 */
export type ElementNode = {
  /** `identifier`, `value[x]`; the type's name at the root. */
  readonly name: string
  /** Without slices: `Patient.identifier`. */
  readonly path: string
  element: ElementDefinition
  readonly children: Map<string, ElementNode>
  readonly slices: Map<string, ElementNode>
}

export const isChoice = (node: ElementNode): boolean => node.name.endsWith('[x]')

/** `value[x]` and `Quantity` make `valueQuantity`. */
export const choiceName = (name: string, type: string): string =>
  name.slice(0, -3) + type.charAt(0).toUpperCase() + type.slice(1)

/** The value of `fixed[x]`, `pattern[x]`, `minValue[x]` or `maxValue[x]`, whatever its type. */
export function valueOf(
  element: ElementDefinition,
  prefix: 'fixed' | 'pattern' | 'minValue' | 'maxValue',
): Json | undefined {
  for (const key of Object.keys(element)) {
    if (key.startsWith(prefix) && key.length > prefix.length) return element[key] as Json
  }
  return undefined
}

export function copyNode(node: ElementNode): ElementNode {
  return { ...node, children: copyNodes(node.children), slices: copyNodes(node.slices) }
}

export const copyNodes = (nodes: ReadonlyMap<string, ElementNode>): Map<string, ElementNode> =>
  new Map([...nodes].map(([name, node]) => [name, copyNode(node)]))

/** The tree of a snapshot without slices: the base types of R4. */
export function treeOf(elements: readonly ElementDefinition[]): ElementNode {
  const nodes = new Map<string, ElementNode>()
  let root: ElementNode | undefined
  for (const element of elements) {
    const dot = element.path.lastIndexOf('.')
    const name = element.path.slice(dot + 1)
    const node: ElementNode = { name, path: element.path, element, children: new Map(), slices: new Map() }
    root ??= node
    nodes.set(element.path, node)
    nodes.get(element.path.slice(0, dot))?.children.set(name, node)
  }
  if (!root) throw new Error('A snapshot has no elements.')
  return root
}
