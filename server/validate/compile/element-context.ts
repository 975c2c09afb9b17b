/** Where the walker stands: one element, what is already enforced there, and the JSON properties that carry it. */
import type { Structures } from '../../definitions/structures/structures.ts'
import type { ElementDefinition, ElementNode, TypeRef } from '../../definitions/structures/element.ts'
import type { Schema } from './schema.ts'

export type ElementContext = {
  readonly node: ElementNode
  readonly element: ElementDefinition
  /** What the type itself (or, in a slice, the sliced element) already says. Absent: the type is being compiled. */
  readonly inherited?: ElementDefinition
  /** A JSON array, whatever the profile's max: decided by the base. */
  readonly array: boolean
  readonly properties: readonly JsonProperty[]
  readonly structures: Structures
}

/** One JSON property of an element; a choice has several. */
export type JsonProperty = {
  readonly name: string
  readonly type?: TypeRef
  readonly primitive: boolean
  /** A primitive may have a `_name` beside it. */
  readonly sibling: boolean
}

/** A facet of the object that holds the element. */
export type ObjectFacet = (place: ElementContext) => Schema | undefined
/** A facet of the property itself: the whole list, where the element repeats. */
export type ListFacet = (place: ElementContext, property: JsonProperty) => Schema | undefined
/** A facet of each value. */
export type ValueFacet = (place: ElementContext, property: JsonProperty) => Schema | undefined

export const maxOf = (element: ElementDefinition): number =>
  element.max === undefined || element.max === '*' ? Infinity : Number(element.max)
export const minOf = (element: ElementDefinition): number => element.min ?? 0
