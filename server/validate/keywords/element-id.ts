/** `fhirElementId`: the id of an element is given once in its resource. https://hl7.org/fhir/R4/element-definitions.html#Element.id */
import { keyword } from './keyword.ts'

export const fhirElementId = keyword<true>('fhirElementId', ['string'], () => (run, id: string, at) => {
  const holder = at.parentData
  const before = run.ids.get(id)
  if (before === undefined) run.ids.set(id, holder)
  if (before === undefined || before === holder) return undefined
  return [
    { code: 'value-conflict', text: `{at} is \`${id}\`, which is the id of another element of this resource too.` },
  ]
})
