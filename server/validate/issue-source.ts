/** The source of an issue: the definition and its element that require what the resource violates. */
import type { Structures } from '../definitions/structures/structure-definition.ts'
import type { Location } from './locate.ts'

const R4 = 'http://hl7.org/fhir/StructureDefinition/'

/**
 * `<canonical>#<path of the element>`: of the profile, else of the type to which the element belongs. Undefined for an
 * element that is not defined. https://hl7.org/fhir/R4/elementdefinition.html#ElementDefinition.path
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

/** The path of the element from the root of the profile: a resource, an extension or a data type. */
function profileElement(type: string, element: string, path: string | undefined): string {
  if (element === type || element.startsWith(`${type}.`)) return element
  if (type === 'Extension') return element.replace(/^.*?\.(extension|modifierExtension)(?=\.|$)/, type)
  return path?.split('.')[0] === type ? path : type
}
