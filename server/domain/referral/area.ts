/** The local workforce area of a participant, and which agency provides a program there. */
import type { Resource } from '../../fhir/types.ts'
import { codeSystem, profileUrl } from '../../fhir/canonical.ts'
import { codesOf, extensionOf, idOf, items, textOf } from '../../fhir/element.ts'

const PROGRAM = codeSystem('program')
const LOCAL_AREA = profileUrl('ext-local-area')
const CONTACT_BY = profileUrl('ext-contact-by-days')

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

/** Where the participant lives: its area, where that is known, and all areas of the state. */
export type ServiceArea = { readonly area?: string; readonly areas: readonly string[] }

/** The programs (HealthcareService) of a program code, of whatever area. */
export const programsOf = (programs: readonly Resource[], code: string): readonly Resource[] =>
  programs.filter((one) => one.active !== false && codesOf(one.type, PROGRAM).includes(code))

/**
 * The program that serves a program code in an area: one that names the area before one that serves everywhere, then the
 * one that has the most capacity, then by id. Where the area is not known, the program of the only agency that serves all
 * areas; undefined where there are several, for nobody but the participant or the staff can choose between them.
 */
export function programIn(
  programs: readonly Resource[],
  code: string,
  { area, areas }: ServiceArea,
): Resource | undefined {
  const offering = programsOf(programs, code)
  const serving =
    area === undefined ? offering.filter((one) => servesAll(one, areas)) : offering.filter((one) => serves(one, area))
  const providers = new Set(serving.map((one) => idOf(one.providedBy, 'Organization')))
  if (area === undefined && providers.size > 1) return undefined
  return serving.sort(
    (a, b) => areaRank(a) - areaRank(b) || capacityRank(a) - capacityRank(b) || compare(a.id ?? '', b.id ?? ''),
  )[0]
}

/** Whether a program can take more people now: a code of capacity-status, set by its own agency. */
export const capacityOf = (program: Resource | undefined): string | undefined =>
  textOf(extensionOf(program, profileUrl('ext-capacity-status'))?.valueCode)

/** From the one that takes people to the one that does not; between them what is not known. */
const CAPACITIES = ['capacity', 'additional-assessment-required', undefined, 'waitlist', 'no-capacity']

const capacityRank = (program: Resource): number => CAPACITIES.indexOf(capacityOf(program))

/**
 * Within how many working days an agency promises the first contact: the soonest that its programs promise, of those
 * that offer the service, or else of all its programs. In an area only the programs that serve there count.
 */
export function contactDays(
  programs: readonly Resource[],
  {
    agency,
    programs: codes,
    area,
  }: { readonly agency: string; readonly programs: readonly string[]; readonly area?: string },
): number | undefined {
  const own = programs.filter((one) => one.active !== false && idOf(one.providedBy, 'Organization') === agency)
  const here = area === undefined ? own : own.filter((one) => serves(one, area))
  const offering = here.filter((one) => codesOf(one.type, PROGRAM).some((code) => codes.includes(code)))
  const days = (offering.length > 0 ? offering : here).flatMap((one) => contactDaysOf(one) ?? [])
  return days.length > 0 ? Math.min(...days) : undefined
}

/** Working days within which a program makes the first contact. */
export function contactDaysOf(program: Resource | undefined): number | undefined {
  const days = extensionOf(program, CONTACT_BY)?.valuePositiveInt
  return typeof days === 'number' ? days : undefined
}

/** Does an agency provide a program, in whatever area? */
export const provides = (programs: readonly Resource[], agency: string, code: string): boolean =>
  programsOf(programs, code).some((one) => idOf(one.providedBy, 'Organization') === agency)

export const serves = (program: Resource, area: string): boolean =>
  areasOf(program).length === 0 || areasOf(program).includes(area)

const servesAll = (program: Resource, areas: readonly string[]): boolean => areas.every((area) => serves(program, area))

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
