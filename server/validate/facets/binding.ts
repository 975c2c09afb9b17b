/**
 * Required and extensible bindings; preferred and example ones bind nobody, but may have a most that does, and further
 * bindings besides. https://hl7.org/fhir/R4/terminologies.html#strength
 */
import type { Binding, Extension } from '../../definitions/structures/element.ts'
import type { ValueFacet } from '../compile/place.ts'
import type { Bound } from '../compile/schema.ts'

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
  const code = property.type?.code ?? ''
  if (!element.binding || !CODED.has(code)) return undefined
  const bare = code === 'code'
  const before = boundsOf(inherited?.binding, bare)
  const bounds = boundsOf(element.binding, bare).filter((one) => !before.some((other) => isSame(one, other)))
  return bounds.length > 0 ? { fhirBinding: bounds } : undefined
}

function boundsOf(binding: Binding | undefined, bare: boolean): readonly Bound[] {
  if (!binding) return []
  const bounds = [...own(binding), ...most(binding, bare), ...(binding.extension ?? []).flatMap(additional)]
  return bare ? bounds.map((one) => ({ ...one, bare })) : bounds
}

function own({ valueSet, strength }: Binding): readonly Bound[] {
  return valueSet && (strength === 'required' || strength === 'extensible') ? [{ valueSet, strength }] : []
}

const MOST = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet'

/**
 * "A required binding over the top of the extensible binding"; over a preferred one it binds a bare code, and warns of
 * others.
 * https://hl7.org/fhir/R4/extension-elementdefinition-maxvalueset.html
 */
function most({ strength, extension = [] }: Binding, bare: boolean): readonly Bound[] {
  const isExtensible = strength === 'extensible'
  if (!isExtensible && strength !== 'preferred') return []
  return extension
    .filter(({ url }) => url === MOST)
    .flatMap((one): readonly Bound[] => {
      const valueSet = one.valueCanonical ?? one.valueUri
      if (typeof valueSet !== 'string') return []
      return [{ valueSet, strength: isExtensible || bare ? 'required' : 'extensible', most: true }]
    })
}

const ADDITIONAL = 'http://hl7.org/fhir/tools/StructureDefinition/additional-binding'

/** The purposes that say which codes may be given; the others inform. https://hl7.org/fhir/R5/valueset-additional-binding-purpose.html */
const STRENGTHS: Readonly<Record<string, Bound['strength']>> = {
  required: 'required',
  maximum: 'required',
  extensible: 'extensible',
}

/**
 * A further binding, by the extension that stands for it in R4. One for some contexts of
 * use, or for any one of the repeats, binds no single value. https://hl7.org/fhir/R5/elementdefinition-definitions.html#ElementDefinition.binding.additional
 */
function additional({ url, extension = [] }: Extension): readonly Bound[] {
  if (url !== ADDITIONAL) return []
  const part = (name: string): Extension | undefined => extension.find((one) => one.url === name)
  const [valueSet, purpose] = [part('valueSet')?.valueCanonical, part('purpose')?.valueCode]
  if (typeof valueSet !== 'string' || part('usage') || part('any')?.valueBoolean === true) return []
  const strength = Object.hasOwn(STRENGTHS, String(purpose)) ? STRENGTHS[String(purpose)] : undefined
  return strength ? [{ valueSet, strength }] : []
}

const isSame = (one: Bound, other: Bound): boolean => one.valueSet === other.valueSet && one.strength === other.strength
