/** The resource types that a Reference may point at. https://hl7.org/fhir/R4/references.html */
import type { TypeRef } from '../../definitions/structures/element.ts'
import type { Structures } from '../../definitions/structures/structures.ts'
import type { ValueFacet } from '../compile/place.ts'

export const reference: ValueFacet = ({ inherited, structures }, property) => {
  const { type } = property
  if (type?.code !== 'Reference') return undefined
  const targets = targetTypes(type, structures)
  if (targets.length === 0) return undefined
  const before = inherited?.type?.find((one) => one.code === 'Reference')
  if (before && targetTypes(before, structures).join() === targets.join()) return undefined
  return { fhirReference: targets }
}

/** Names of types; none when any type may be meant. A profile stands for its type. */
function targetTypes(type: TypeRef, structures: Structures): string[] {
  const names = (type.targetProfile ?? []).map((url) => structures.find(url)?.type)
  if (names.some((name) => name === undefined || name === 'Resource')) return []
  return [...new Set(names as string[])].sort()
}
