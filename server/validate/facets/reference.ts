/** Target types, target profiles and aggregation of a Reference. https://hl7.org/fhir/R4/references.html */
import type { TypeRef } from '../../definitions/structures/element.ts'
import type { Structures } from '../../definitions/structures/structure-definition.ts'
import type { ValueFacet } from '../compile/element-context.ts'
import type { Schema } from '../compile/schema.ts'

export const reference: ValueFacet = ({ inherited, structures }, property) => {
  const { type } = property
  if (type?.code !== 'Reference') return undefined
  const before = inherited?.type?.find((one) => one.code === 'Reference')
  return {
    ...types(type, before, structures),
    ...profiles(type, before, structures),
    ...aggregation(type, before),
  }
}

function types(type: TypeRef, before: TypeRef | undefined, structures: Structures): Schema {
  const targets = targetTypes(type, structures)
  if (targets.length === 0 || (before && targetTypes(before, structures).join() === targets.join())) return {}
  return { fhirReference: targets }
}

/** The target profiles; only where all are defined here and one is more than a type. */
function profiles(type: TypeRef, before: TypeRef | undefined, structures: Structures): Schema {
  const urls = type.targetProfile ?? []
  const targets = urls.map((url) => structures.find(url))
  if (urls.join() === before?.targetProfile?.join() || targets.some((one) => one === undefined)) return {}
  return targets.some((one) => one?.derivation === 'constraint') ? { fhirTarget: urls } : {}
}

/** Where the target must be: contained, in the Bundle, or outside. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.type.aggregation */
function aggregation({ aggregation: modes }: TypeRef, before: TypeRef | undefined): Schema {
  if (!modes || modes.length === 0 || modes.join() === before?.aggregation?.join()) return {}
  return { fhirAggregation: modes }
}

/** The names of the target types; none when any type is allowed. */
function targetTypes(type: TypeRef, structures: Structures): string[] {
  const names = (type.targetProfile ?? []).map((url) => structures.find(url)?.type)
  if (names.some((name) => name === undefined || name === 'Resource')) return []
  return [...new Set(names as string[])].sort()
}
