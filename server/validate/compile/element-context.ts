/** One element of the walk over a StructureDefinition: its definition, what its base enforces already, and its JSON properties. */
import type { Structures } from '../../definitions/structures/structure-definition.ts'
import type { ElementDefinition, ElementNode, TypeRef } from '../../definitions/structures/element.ts'
import type { Schema } from './schema.ts'

export type ElementContext = {
  readonly node: ElementNode
  readonly element: ElementDefinition
  /** The definition in the type (of a slice: in the sliced element). Absent: the type itself is compiled. */
  readonly inherited?: ElementDefinition
  /** Is it a JSON array? The base decides, whatever the max of the profile. */
  readonly array: boolean
  readonly properties: readonly JsonProperty[]
  readonly structures: Structures
}

/** One JSON property of an element; a choice has several. */
export type JsonProperty = {
  readonly name: string
  readonly type?: TypeRef
  readonly primitive: boolean
  /** Has it a `_name`? Only a primitive has. https://hl7.org/fhir/R4/json.html#primitive */
  readonly sibling: boolean
}

/** Compiles a facet to keywords of the object that holds the element. */
export type ObjectFacet = (element: ElementContext) => Schema | undefined
/** Compiles a facet to keywords of the property: of the whole list, where the element repeats. */
export type ListFacet = (element: ElementContext, property: JsonProperty) => Schema | undefined
/** Compiles a facet to keywords of each value. */
export type ValueFacet = (element: ElementContext, property: JsonProperty) => Schema | undefined

export const maxOf = (element: ElementDefinition): number =>
  element.max === undefined || element.max === '*' ? Infinity : Number(element.max)
export const minOf = (element: ElementDefinition): number => element.min ?? 0
