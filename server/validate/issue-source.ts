/** Which definition asked for what an issue is about, and by which of its elements. */
import type { Structures } from '../definitions/structures/structures.ts'
import type { Location } from './locate.ts'

const R4 = 'http://hl7.org/fhir/StructureDefinition/'

/**
 * `<canonical>#<path of the element>`: of the profile that asked, else of the type to which the element belongs.
 * Undefined where nothing is defined. https://hl7.org/fhir/R4/elementdefinition.html#ElementDefinition.path
 */
export function issueSource(
  profile: string | undefined,
  location: Location,
  structures: Structures,
): string | undefined {
  const { path, element } = location
  if (profile === undefined) return path === undefined ? undefined : `${R4}${path.split('.')[0]}#${path}`
  const type = structures.find(profile)?.type
  return type === undefined ? profile : `${profile}#${profileElement(type, element, path)}`
}

/** A profile speaks of elements from its own root on: a resource, an extension, a data type. */
function profileElement(type: string, element: string, path: string | undefined): string {
  if (element === type || element.startsWith(`${type}.`)) return element
  if (type === 'Extension') return element.replace(/^.*?\.(extension|modifierExtension)(?=\.|$)/, type)
  return path?.split('.')[0] === type ? path : type
}
