/** StructureDefinitions as the hub reads them. https://hl7.org/fhir/R4/structuredefinition.html */
import type { CanonicalResource } from '../canonical-resource.ts'
import type { ElementDefinition, ElementNode } from './element.ts'

export type StructureDefinition = CanonicalResource & {
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

/** The elements of a differential or snapshot; undefined when it has none. */
export function elementsOf(part: unknown): readonly ElementDefinition[] | undefined {
  const elements = (part as { element?: readonly ElementDefinition[] } | undefined)?.element
  return Array.isArray(elements) && elements.length > 0 ? (elements as readonly ElementDefinition[]) : undefined
}

/** Is what was sent a StructureDefinition that constrains another? */
export const isConstraint = (data: Readonly<Record<string, unknown>>): data is StructureDefinition =>
  data.resourceType === 'StructureDefinition' && data.derivation === 'constraint'
