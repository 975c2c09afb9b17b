/** `fhirElementId`: the id of an element is unique in its resource. https://hl7.org/fhir/R4/element-definitions.html#Element.id */
import { keyword } from './keyword.ts'

export const fhirElementId = keyword<true>('fhirElementId', ['string'], () => (context, id: string, at) => {
  const element = at.parentData
  const key = scopeOf(at.instancePath) + id
  const first = context.ids.get(key)
  if (first === undefined) context.ids.set(key, element)
  if (first === undefined || first === element) return undefined
  return [
    { detail: 'value-conflict', text: `{at} is \`${id}\`, which is also the id of another element of this resource.` },
  ]
})

/** Snapshot and differential of a StructureDefinition use the same ids. https://hl7.org/fhir/R4/elementdefinition.html#id */
const scopeOf = (pointer: string): string => /\/(snapshot|differential)\/element\//.exec(pointer)?.[0] ?? ''
