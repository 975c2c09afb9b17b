/** Imposed profiles: a resource that meets a profile must also meet the profiles that it imposes. */
import type { Extension } from '../../definitions/structures/element.ts'
import type { Structures } from '../../definitions/structures/structure-definition.ts'

/** https://hl7.org/fhir/extensions/StructureDefinition-structuredefinition-imposeProfile.html */
const IMPOSE_PROFILE = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-imposeProfile'

/** The profiles that a profile or one of its bases imposes. */
export function imposedProfiles(url: string, structures: Structures): readonly string[] {
  const found = new Set<string>()
  let at = structures.find(url)
  for (; at?.derivation === 'constraint' && at.baseDefinition; at = structures.find(at.baseDefinition)) {
    for (const one of (at.extension ?? []) as readonly Extension[])
      if (one.url === IMPOSE_PROFILE && typeof one.valueCanonical === 'string') found.add(one.valueCanonical)
  }
  return [...found]
}
