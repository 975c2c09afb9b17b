/**
 * The trees of all StructureDefinitions, made on first use and cached: a base type from its snapshot, a constraint by
 * laying its differential over the tree of its base. https://hl7.org/fhir/R4/profiling.html#snapshot
 */
import type { Canonical } from '../definitions.ts'
import { DefinitionFault } from '../fault.ts'
import { applyDifferential } from './differential.ts'
import { copyNode, treeOf, type ElementDefinition, type ElementNode } from './element.ts'

export type StructureDefinition = Canonical & {
  readonly type: string
  readonly kind: 'primitive-type' | 'complex-type' | 'resource' | 'logical'
  readonly abstract?: boolean
  readonly derivation?: 'specialization' | 'constraint'
  readonly baseDefinition?: string
  readonly contextInvariant?: readonly string[]
  readonly context?: readonly { readonly type: string; readonly expression: string }[]
}

export type Structures = {
  /** By canonical url or by the name of a type of R4 (`HumanName`); undefined when there is none. */
  find(urlOrType: string): StructureDefinition | undefined
  /** The tree; do not change it. Throws DefinitionFault when there is none or a differential does not fit its base. */
  tree(urlOrType: string): ElementNode
}

const BASE = 'http://hl7.org/fhir/StructureDefinition/'

const urlOf = (urlOrType: string): string => (urlOrType.includes(':') ? urlOrType : BASE + urlOrType)

/** `find` looks up a canonical of any kind. What `below` knows is its own: its trees are shared. */
export function createStructures(find: (canonical: string) => Canonical | undefined, below?: Structures): Structures {
  const trees = new Map<string, ElementNode>()
  const underWay = new Set<string>()
  const structures: Structures = {
    find(urlOrType) {
      const found = find(urlOf(urlOrType))
      return found?.resourceType === 'StructureDefinition' ? (found as StructureDefinition) : undefined
    },
    tree(urlOrType) {
      const url = urlOf(urlOrType)
      if (below?.find(url)) return below.tree(url)
      const cached = trees.get(url)
      if (cached) return cached
      if (underWay.has(url))
        throw new DefinitionFault(url, 'its base definitions go round in a circle. Give it another `baseDefinition`.')
      underWay.add(url)
      try {
        const made = build(url, structures)
        trees.set(url, made)
        return made
      } finally {
        underWay.delete(url)
      }
    },
  }
  return structures
}

function build(url: string, structures: Structures): ElementNode {
  const definition = structures.find(url)
  if (!definition)
    throw new DefinitionFault(
      url,
      'there is no StructureDefinition of this url. Correct the url or add the definition.',
    )
  const differential = elementsOf(definition.differential)
  const snapshot = elementsOf(definition.snapshot)
  if (definition.derivation !== 'constraint' && !isNarrower(definition, structures)) {
    if (!snapshot)
      throw new DefinitionFault(
        url,
        'a specialization needs a snapshot. Only constraints can be made from a differential.',
      )
    return treeOf(snapshot)
  }
  if (!definition.baseDefinition)
    throw new DefinitionFault(url, 'it has no `baseDefinition`. Name the definition that it constrains.')
  if (!structures.find(definition.baseDefinition)) {
    throw new DefinitionFault(
      url,
      `its base \`${definition.baseDefinition}\` is not defined. Correct \`baseDefinition\` or add that definition.`,
    )
  }
  const tree = copyNode(structures.tree(definition.baseDefinition))
  applyDifferential(tree, differential ?? snapshot ?? [], { url, structures })
  return tree
}

// One that calls itself a specialization but keeps the type of its base constrains it.
function isNarrower({ url, type, baseDefinition, snapshot }: StructureDefinition, structures: Structures): boolean {
  if (snapshot !== undefined || baseDefinition === undefined || baseDefinition === url) return false
  return structures.find(baseDefinition)?.type === type
}

/** The elements of a differential or snapshot; undefined when it has none. */
export function elementsOf(part: unknown): readonly ElementDefinition[] | undefined {
  const elements = (part as { element?: readonly ElementDefinition[] } | undefined)?.element
  return Array.isArray(elements) && elements.length > 0 ? (elements as readonly ElementDefinition[]) : undefined
}

/** Is what was sent a StructureDefinition that constrains another? */
export const isConstraint = (data: Readonly<Record<string, unknown>>): data is StructureDefinition =>
  data.resourceType === 'StructureDefinition' && data.derivation === 'constraint'
