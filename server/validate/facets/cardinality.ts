/** `min` and `max`. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.min */
import { isChoice, type ElementNode } from '../../definitions/structures/element.ts'
import { maxOf, minOf, type ListFacet, type ObjectFacet } from '../compile/element-context.ts'

/** min > 0: the element is present, or for a primitive an extension. Choices are compiled by choice.ts. */
export const required: ObjectFacet = ({ node, inherited, properties }) => {
  const property = properties[0]
  if (isChoice(node) || !property || !isRequired(node) || (inherited && minOf(inherited) > 0)) return undefined
  return { fhirRequired: [property.sibling ? [property.name, `_${property.name}`] : [property.name]] }
}

// A required slice or reslice makes the list itself required.
const isRequired = (node: ElementNode): boolean => maxOf(node.element) > 0 && isRequiredByMinOrSlice(node)

const isRequiredByMinOrSlice = ({ element, slices }: ElementNode): boolean =>
  minOf(element) > 0 || [...slices.values()].some(isRequiredByMinOrSlice)

/** max = 0: a profile prohibits the element. */
export const prohibited: ObjectFacet = ({ node, element, inherited, properties }) => {
  if (isChoice(node) || maxOf(element) > 0 || (inherited && maxOf(inherited) === 0)) return undefined
  const names = properties.flatMap(({ name, sibling }) => (sibling ? [name, `_${name}`] : [name]))
  return { properties: Object.fromEntries(names.map((name) => [name, false as const])) }
}

/** The number of items of a repeating element. */
export const itemCount: ListFacet = ({ array, element, inherited }) => {
  if (!array) return undefined
  const [min, max] = [minOf(element), maxOf(element)]
  const tighterMin = min > 1 && min > (inherited ? minOf(inherited) : 1)
  const tighterMax = max > 0 && max < (inherited ? maxOf(inherited) : Infinity)
  return { ...(tighterMin ? { minItems: min } : {}), ...(tighterMax ? { maxItems: max } : {}) }
}
