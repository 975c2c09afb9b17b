/** Choice elements: at most one type of `value[x]`, of those that the profile allows. https://hl7.org/fhir/R4/formats.html#choice */
import { choiceName, isChoice, type ElementDefinition } from '../../definitions/structures/element.ts'
import { maxOf, minOf, type ObjectFacet } from '../compile/element-context.ts'

export const choice: ObjectFacet = ({ node, element, inherited }) => {
  if (!isChoice(node)) return undefined
  const now = namesOf(node.name, element)
  const min = minOf(element)
  const name = node.name.slice(0, -3)
  if (!inherited) return { fhirChoice: [{ element: name, of: now, min }] }
  const before = namesOf(node.name, inherited)
  const narrowed = before.some((one) => !now.includes(one))
  if (!narrowed && min <= minOf(inherited)) return undefined
  return { fhirChoice: [{ element: name, of: now, min, ...(narrowed ? { only: true as const } : {}) }] }
}

function namesOf(name: string, element: ElementDefinition): string[] {
  if (maxOf(element) === 0) return []
  return [...new Set((element.type ?? []).map((type) => choiceName(name, type.code)))]
}
