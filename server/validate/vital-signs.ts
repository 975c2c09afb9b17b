/**
 * Observations of vital signs must meet R4's profiles, claimed or not: "if implementations use this Resource when
 * expressing the profile-specific concepts as structured data, they SHALL conform". Each profile has a LOINC code.
 * https://hl7.org/fhir/R4/observation-vitalsigns.html
 */

import type { JsonObject } from '../fhir/types.ts'

const LOINC = 'http://loinc.org'

const PROFILES: ReadonlyMap<unknown, string> = new Map(
  Object.entries({
    '85353-1': 'vitalspanel',
    '9279-1': 'resprate',
    '8867-4': 'heartrate',
    '2708-6': 'oxygensat',
    '8310-5': 'bodytemp',
    '8302-2': 'bodyheight',
    '9843-4': 'headcircum',
    '29463-7': 'bodyweight',
    '39156-5': 'bmi',
    '85354-9': 'bp',
  }).map(([code, name]) => [code, `http://hl7.org/fhir/StructureDefinition/${name}`]),
)

/** The profile that an Observation must meet for its code; undefined for most codes. */
export function vitalSignProfile({ resourceType, code }: JsonObject): string | undefined {
  if (resourceType !== 'Observation') return undefined
  const codings = (code as { coding?: unknown } | null | undefined)?.coding
  if (!Array.isArray(codings)) return undefined
  for (const one of codings as readonly ({ system?: unknown; code?: unknown } | null)[]) {
    const profile = one?.system === LOINC ? PROFILES.get(one.code) : undefined
    if (profile !== undefined) return profile
  }
  return undefined
}
