/** A code with a required binding, which an extension does not replace. https://hl7.org/fhir/R4/terminologies.html#required */
import { isChoice, type ElementDefinition } from '../../definitions/structures/element.ts'
import { maxOf, type ObjectFacet } from '../compile/element-context.ts'

export const requiredCode: ObjectFacet = ({ node, element, inherited, properties }) => {
  const property = properties[0]
  if (isChoice(node) || property?.type?.code !== 'code' || !property.sibling || maxOf(element) === 0) return undefined
  return isBound(element) && !(inherited && isBound(inherited)) ? { fhirCoded: [property.name] } : undefined
}

const isBound = ({ binding }: ElementDefinition): boolean =>
  binding?.strength === 'required' && binding.valueSet !== undefined
