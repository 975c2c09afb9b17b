/**
 * Fixed value, pattern, range and length.
 * https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.fixed_x_
 */
import { valueOf, type ElementDefinition } from '../../definitions/structures/element.ts'
import type { ValueFacet } from '../compile/element-context.ts'
import type { Schema } from '../compile/schema.ts'

const ownValue = (
  element: ElementDefinition,
  inherited: ElementDefinition | undefined,
  prefix: Parameters<typeof valueOf>[1],
) => {
  const value = valueOf(element, prefix)
  return value !== undefined && (!inherited || valueOf(inherited, prefix) !== value) ? value : undefined
}

export const fixed: ValueFacet = ({ element, inherited }) => {
  const value = ownValue(element, inherited, 'fixed')
  return value === undefined ? undefined : { fhirFixed: value }
}

export const pattern: ValueFacet = ({ element, inherited }) => {
  const value = ownValue(element, inherited, 'pattern')
  return value === undefined ? undefined : { fhirPattern: value }
}

export const range: ValueFacet = ({ element, inherited }, property) => {
  const [min, max] = [ownValue(element, inherited, 'minValue'), ownValue(element, inherited, 'maxValue')]
  const schema: Schema = {}
  if (typeof min === 'number') schema.minimum = min
  else if (min !== undefined) schema.fhirMin = min
  if (typeof max === 'number') schema.maximum = max
  else if (max !== undefined) schema.fhirMax = max
  const length = element.maxLength
  if (property.primitive && length !== undefined && length !== inherited?.maxLength) schema.maxLength = length
  return schema
}
