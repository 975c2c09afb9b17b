/**
 * Required and extensible bindings. Preferred and example bindings are not enforced, but their maxValueSet and additional
 * bindings are. https://hl7.org/fhir/R4/terminologies.html#strength
 */
import type { Binding, Extension } from '../../definitions/structures/element.ts'
import type { ValueFacet } from '../compile/element-context.ts'
import type { ValueSetBinding } from '../compile/schema.ts'

const BINDABLE_TYPES = new Set([
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
  const code = property.type?.code ?? ''
  if (!element.binding || !BINDABLE_TYPES.has(code)) return undefined
  const bare = code === 'code'
  const stated = bindingsOf(inherited?.binding, bare)
  const bindings = bindingsOf(element.binding, bare).filter((one) => !stated.some((other) => isSame(one, other)))
  return bindings.length > 0 ? { fhirBinding: bindings } : undefined
}

function bindingsOf(binding: Binding | undefined, bare: boolean): readonly ValueSetBinding[] {
  if (!binding) return []
  const bindings = [
    ...mainBinding(binding),
    ...maxValueSet(binding, bare),
    ...(binding.extension ?? []).flatMap(additionalBinding),
  ]
  return bare ? bindings.map((one) => ({ ...one, bare })) : bindings
}

function mainBinding({ valueSet, strength }: Binding): readonly ValueSetBinding[] {
  return valueSet && (strength === 'required' || strength === 'extensible') ? [{ valueSet, strength }] : []
}

const MAX_VALUE_SET = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet'

/**
 * "A required binding over the top of the extensible binding". Over a preferred one it is required for the type `code`,
 * extensible for other types.
 * https://hl7.org/fhir/R4/extension-elementdefinition-maxvalueset.html
 */
function maxValueSet({ strength, extension = [] }: Binding, bare: boolean): readonly ValueSetBinding[] {
  const isExtensible = strength === 'extensible'
  if (!isExtensible && strength !== 'preferred') return []
  return extension
    .filter(({ url }) => url === MAX_VALUE_SET)
    .flatMap((one): readonly ValueSetBinding[] => {
      const valueSet = one.valueCanonical ?? one.valueUri
      if (typeof valueSet !== 'string') return []
      return [{ valueSet, strength: isExtensible || bare ? 'required' : 'extensible', most: true }]
    })
}

const ADDITIONAL_BINDING = 'http://hl7.org/fhir/tools/StructureDefinition/additional-binding'

/** Purposes that restrict the codes; others are only informative. https://hl7.org/fhir/R5/valueset-additional-binding-purpose.html */
const STRENGTH_OF_PURPOSE: Readonly<Record<string, ValueSetBinding['strength']>> = {
  required: 'required',
  maximum: 'required',
  extensible: 'extensible',
}

/**
 * An additional binding, which is an extension in R4. One that is limited to a usage context, or that any one of the
 * repeats may meet, does not apply to each value. https://hl7.org/fhir/R5/elementdefinition-definitions.html#ElementDefinition.binding.additional
 */
function additionalBinding({ url, extension = [] }: Extension): readonly ValueSetBinding[] {
  if (url !== ADDITIONAL_BINDING) return []
  const part = (name: string): Extension | undefined => extension.find((one) => one.url === name)
  const [valueSet, purpose] = [part('valueSet')?.valueCanonical, part('purpose')?.valueCode]
  if (typeof valueSet !== 'string' || part('usage') || part('any')?.valueBoolean === true) return []
  const strength = Object.hasOwn(STRENGTH_OF_PURPOSE, String(purpose))
    ? STRENGTH_OF_PURPOSE[String(purpose)]
    : undefined
  return strength ? [{ valueSet, strength }] : []
}

const isSame = (one: ValueSetBinding, other: ValueSetBinding): boolean =>
  one.valueSet === other.valueSet && one.strength === other.strength
