/** The facets of an element, in the order in which they apply: the table of contents of the compiler. */
import type { ListFacet, ObjectFacet, ValueFacet } from '../compile/place.ts'
import { binding } from './binding.ts'
import { absence, count, presence } from './cardinality.ts'
import { choice } from './choice.ts'
import { coded } from './coded.ts'
import { extension } from './extension.ts'
import { invariant } from './invariant.ts'
import { reference } from './reference.ts'
import { profiled, type } from './type.ts'
import { fixed, pattern, range } from './value.ts'

export const OBJECT_FACETS: readonly ObjectFacet[] = [presence, absence, choice, coded]
export const LIST_FACETS: readonly ListFacet[] = [count, extension]
export const VALUE_FACETS: readonly ValueFacet[] = [
  type,
  profiled,
  fixed,
  pattern,
  range,
  binding,
  reference,
  invariant,
]
