/**
 * The trees of all StructureDefinitions, made on first use and cached: a base type from its snapshot, a constraint by
 * laying its differential over the tree of its base. https://hl7.org/fhir/R4/profiling.html#snapshot
 */
import type { CanonicalResource } from '../canonical-resource.ts'
import { DefinitionFault } from '../fault.ts'
import { applyDifferential } from './differential.ts'
import { copyNode, treeOf, type ElementNode } from './element.ts'
import { elementsOf, type StructureDefinition, type Structures } from './structure-definition.ts'

const BASE = 'http://hl7.org/fhir/StructureDefinition/'

const urlOf = (urlOrType: string): string => (urlOrType.includes(':') ? urlOrType : BASE + urlOrType)

/** `find` looks up a canonical of any kind. What `below` knows is its own: its trees are shared. */
export function createStructures(
  find: (canonical: string) => CanonicalResource | undefined,
  below?: Structures,
): Structures {
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
