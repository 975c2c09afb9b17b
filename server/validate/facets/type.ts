/**
 * The type of a value: the JSON type and format of a primitive, or the name of the type or backbone element; in a profile,
 * the profiles on the type. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.type
 */
import type { Structures } from '../../definitions/structures/structure-definition.ts'
import type { ValueFacet } from '../compile/element-context.ts'
import type { Schema } from '../compile/schema.ts'
import { PRIMITIVE_TYPES } from '../primitive-types.ts'

export const type: ValueFacet = ({ node, element, inherited, array, structures }, property) => {
  if (inherited) return undefined
  if (element.contentReference)
    return { type: 'object', fhirType: element.contentReference.slice(element.contentReference.indexOf('#') + 1) }
  const code = property.type?.code
  if (property.primitive && code) {
    if (isResourceId(node.path, structures)) return primitive('id', array)
    return { ...primitive(code, array), ...(node.name === 'id' ? { fhirElementId: true as const } : {}) }
  }
  if (node.children.size > 0) return { type: 'object', fhirType: node.path }
  if (code === 'Resource') return { type: 'object', fhirResource: true }
  return code ? { type: 'object', fhirType: code } : undefined
}

/** The JSON type and format of a primitive; in a list it may be null where `_name` has an extension. */
export function primitive(code: string, nullable = false): Schema {
  const format = PRIMITIVE_TYPES[code]
  if (!format) throw new Error(`\`${code}\` is not a primitive type.`)
  return {
    type: nullable ? [format.json, 'null'] : format.json,
    ...(format.minimum === undefined ? {} : { minimum: format.minimum }),
    ...(format.maximum === undefined ? {} : { maximum: format.maximum }),
    fhirFormat: code,
  }
}

/** In R4 the type of every id is `string`; that of a resource is `id`. https://hl7.org/fhir/R4/resource.html#id */
export function isResourceId(path: string, structures: Structures): boolean {
  const [type = '', name, more] = path.split('.')
  return name === 'id' && more === undefined && structures.find(type)?.kind === 'resource'
}

/** Profiles on the type: `SimpleQuantity` on Quantity. */
export const typeProfile: ValueFacet = ({ inherited }, property) => {
  const profiles = property.type?.profile ?? []
  // The definition of an extension follows from its url: see keywords/extensions.ts.
  if (profiles.length === 0 || property.type?.code === 'Extension') return undefined
  const before = inherited?.type?.find((one) => one.code === property.type?.code)?.profile ?? []
  return profiles.every((url) => before.includes(url)) ? undefined : { fhirProfile: [profiles] }
}
