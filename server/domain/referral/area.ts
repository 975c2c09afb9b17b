/** The local workforce area of a participant, and which agency provides a program there. */
import type { Resource } from '../../fhir/types.ts'
import { codeSystem, profileUrl } from '../../fhir/canonical.ts'
import { codesOf, extensionOf, idOf, items } from '../../fhir/element.ts'

const PROGRAM = codeSystem('program')
const LOCAL_AREA = profileUrl('ext-local-area')

/**
 * The area whose property `county` (state and county FIPS) is the district of the participant's home address, else of
 * the first address that has one; undefined when no area has it. A county alone (three digits) is one of the state.
 */
export function areaOf(participant: Resource, localAreas: Resource): string | undefined {
  const addresses = items(participant.address)
  const ordered = [
    ...addresses.filter((one) => one.use === 'home'),
    ...addresses.filter((one) => one.use !== 'home' && one.use !== 'old'),
  ]
  const district = ordered.map((one) => one.district).find((one) => typeof one === 'string')
  if (typeof district !== 'string') return undefined
  const area = items(localAreas.concept).find((concept) =>
    counties(concept.property).some((county) => sameCounty(county, district)),
  )
  return typeof area?.code === 'string' ? area.code : undefined
}

/**
 * The program (HealthcareService) that serves a program code in an area: one that names the area before one that
 * serves everywhere (no ext-local-area), then by id. Without an area only the latter.
 */
export function programIn(programs: readonly Resource[], code: string, area: string | undefined): Resource | undefined {
  const serving = programs
    .filter((one) => one.active !== false && codesOf(one.type, PROGRAM).includes(code))
    .filter((one) => areasOf(one).length === 0 || (area !== undefined && areasOf(one).includes(area)))
  return serving.sort((a, b) => areaRank(a) - areaRank(b) || compare(a.id ?? '', b.id ?? ''))[0]
}

/** Does an agency provide a program, in whatever area? */
export const provides = (programs: readonly Resource[], agency: string, code: string): boolean =>
  programs.some(
    (one) =>
      one.active !== false &&
      codesOf(one.type, PROGRAM).includes(code) &&
      idOf(one.providedBy, 'Organization') === agency,
  )

const areasOf = (program: Resource): readonly unknown[] =>
  items(program.extension).flatMap((one) => (one.url === LOCAL_AREA ? [one.valueCode] : []))

const areaRank = (program: Resource): number => (extensionOf(program, LOCAL_AREA) ? 0 : 1)

const counties = (properties: unknown): readonly string[] =>
  items(properties).flatMap((one) =>
    one.code === 'county' && typeof one.valueString === 'string' ? [one.valueString] : [],
  )

const sameCounty = (county: string, district: string): boolean =>
  county === district || (district.length === 3 && county.length === 5 && county.endsWith(district))

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
