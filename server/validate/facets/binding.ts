/** Required and extensible bindings; preferred and example ones bind nobody. https://hl7.org/fhir/R4/terminologies.html#strength */
import type { ValueFacet } from '../compile/place.ts'

const CODED = new Set([
  'code',
  'string',
  'uri',
  'Coding',
  'CodeableConcept',
  'Quantity',
  'Duration',
  'Age',
  'Count',
  'Distance',
  'Money',
])

export const binding: ValueFacet = ({ element, inherited }, property) => {
  const bound = element.binding
  if (!bound?.valueSet || !CODED.has(property.type?.code ?? '')) return undefined
  if (bound.strength !== 'required' && bound.strength !== 'extensible') return undefined
  const before = inherited?.binding
  if (before?.valueSet === bound.valueSet && before.strength === bound.strength) return undefined
  const bare = property.type?.code === 'code' ? { bare: true as const } : {}
  return { fhirBinding: [{ valueSet: bound.valueSet, strength: bound.strength, ...bare }] }
}
