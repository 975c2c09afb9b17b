/** The facets of an element, in the order in which they are compiled. */
import type { ListFacet, ObjectFacet, ValueFacet } from '../compile/element-context.ts'
import { binding } from './binding.ts'
import { prohibited, itemCount, required } from './cardinality.ts'
import { choice } from './choice.ts'
import { requiredCode } from './required-code.ts'
import { extension } from './extension.ts'
import { invariant } from './invariant.ts'
import { reference } from './reference.ts'
import { typeProfile, type } from './type.ts'
import { fixed, pattern, range } from './value.ts'

export const OBJECT_FACETS: readonly ObjectFacet[] = [required, prohibited, choice, requiredCode]
export const LIST_FACETS: readonly ListFacet[] = [itemCount, extension]
export const VALUE_FACETS: readonly ValueFacet[] = [
  type,
  typeProfile,
  fixed,
  pattern,
  range,
  binding,
  reference,
  invariant,
]
