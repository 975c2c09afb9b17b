/**
 * Consents that somebody gave for the participant (`Consent.performer` is a RelatedPerson): each holds while one of those
 * who gave it has authority, which ends with its own period, or when the participant comes of age, as the table
 * `authority` of capability/rules/visibility.json says. A denial does not end so: it protects the participant.
 * https://hl7.org/fhir/R4/consent-definitions.html#Consent.performer
 */
import { profileUrl } from '../../fhir/canonical.ts'
import { codesOf, extensionOf, items, textOf } from '../../fhir/element.ts'
import { idsAt, valuesAt } from '../../fhir/element-path.ts'
import { parseReference } from '../../fhir/reference.ts'
import type { Resource } from '../../fhir/types.ts'
import { mergedIntoOf } from './merged-into.ts'
import { common, isMember, joined, type Membership } from './membership.ts'
import type { VisibilityRule } from './rule.ts'

/** Reads a FHIR date as the instants [start, end). */
type ReadDate = (text: string) => { start: number; end: number }
type AuthorityTable = Pick<VisibilityRule, 'authority'>

/** By whom a consent was given, where not by the participant alone. */
export type GivenBy = {
  /** The ids of the RelatedPersons; none where the performer is somebody whom the hub has no record of. */
  readonly persons: readonly string[]
  /** When the participant gave it as well (ms); absent where the participant did not. */
  readonly participant?: number
}

/** When somebody may act for a participant. `endsAtMajority`: not beyond the day on which the participant comes of age. */
export type Authority = { readonly from?: number; readonly until?: number; readonly endsAtMajority: boolean }

/** The basis of an authority, where its relationship does not say it. */
export const AUTHORITY_BASIS = profileUrl('ext-authority-basis')

/** Who gave a consent; undefined where the participant did, or somebody who needs no authority of this kind. */
export function givenBy(consent: Resource, path: string, range: ReadDate): GivenBy | undefined {
  const performers = valuesAt(consent, path)
  if (!performers.some(isRelatedPerson)) return undefined
  const persons = [...new Set(idsAt(consent, path, 'RelatedPerson'))].sort()
  const dated = textOf(consent.dateTime)
  const isOwn = idsAt(consent, path, 'Patient').some((id) => idsAt(consent, 'patient', 'Patient').includes(id))
  return { persons, ...(isOwn && dated !== undefined ? { participant: range(dated).start } : {}) }
}

/** Whoever is contained, or known by an identifier or a name only, is no record whose authority the hub could follow. */
function isRelatedPerson(performer: unknown): boolean {
  const [one] = items(performer)
  const reference = textOf(one?.reference)
  if (reference === undefined) return one?.type === 'RelatedPerson'
  const found = parseReference(reference)
  return found?.kind === 'local' ? found.type === 'RelatedPerson' : /^#|RelatedPerson\//.test(reference)
}

/** The times at which a RelatedPerson may act for the participant; none for family and friends. */
export function authoritiesOf({ authority }: AuthorityTable, person: Resource, range: ReadDate): readonly Authority[] {
  if (person.active !== true) return []
  const basis = textOf(extensionOf(person, AUTHORITY_BASIS)?.valueCode)
  const rows = codesOf(person.relationship, authority.system).flatMap((code) => authority.relationships[code] ?? [])
  const row = basis === undefined ? undefined : authority.bases[basis]
  const [period] = items(person.period)
  const [start, end] = [textOf(period?.start), textOf(period?.end)]
  const bounds = {
    ...(start === undefined ? {} : { from: range(start).start }),
    ...(end === undefined ? {} : { until: range(end).end }),
  }
  return rows.map(({ endsAtMajority }) => ({ ...bounds, endsAtMajority: row?.endsAtMajority ?? endsAtMajority }))
}

/**
 * When the participant comes of age (ms); undefined without a birth date that can be read, and for a record that was merged
 * into another, which says nothing of the person any more.
 */
export function majorityOf({ authority }: AuthorityTable, patient: Resource, range: ReadDate): number | undefined {
  if (mergedIntoOf(patient) !== undefined) return undefined
  const [, year, rest = ''] = /^(\d{4})(-\d\d(?:-\d\d)?)?$/.exec(textOf(patient.birthDate) ?? '') ?? []
  if (year === undefined) return undefined
  const text = `${String(Number(year) + authority.ageOfMajority).padStart(4, '0')}${rest}`
  const day = range(text).start
  // Who was born on a leap day comes of age on the first of March.
  return Number.isFinite(day) ? day : finite(range(text.replace(/-02-29$/, '-03-01')).start)
}

const finite = (at: number): number | undefined => (Number.isFinite(at) ? at : undefined)

export type AuthoritySources = {
  authorities(person: string): readonly Authority[]
  /** When the participant comes of age; undefined where that is not known, so that no authority by minority counts. */
  readonly majority: number | undefined
}

/** The memberships as far as the consent that gives them holds. */
export function heldBy(
  members: readonly Membership[],
  { persons, participant }: GivenBy,
  { authorities, majority }: AuthoritySources,
): readonly Membership[] {
  if (participant !== undefined && majority !== undefined && majority <= participant) return members
  const periods = persons.flatMap(authorities).flatMap((one) => periodOf(one, majority))
  return common(
    [members, members.flatMap(({ agency }) => periods.map((period) => ({ agency, ...period })))].map(joined),
  )
}

/** An authority that begins when the participant is of age already is not one by minority. */
function periodOf(
  { from, until, endsAtMajority }: Authority,
  majority: number | undefined,
): readonly Omit<Membership, 'agency'>[] {
  const start = from === undefined ? {} : { from }
  if (!endsAtMajority || (majority !== undefined && from !== undefined && from >= majority))
    return [{ ...start, ...(until === undefined ? {} : { until }) }]
  return majority === undefined ? [] : [{ ...start, until: Math.min(majority, until ?? Infinity) }]
}

/** Does the second state of a person give authority at a time, or for longer, when the first gave none? */
export function widensAuthority(before: readonly Authority[], after: readonly Authority[]): boolean {
  const covers = (one: Authority, other: Authority): boolean =>
    (one.from ?? -Infinity) <= (other.from ?? -Infinity) &&
    (one.until ?? Infinity) >= (other.until ?? Infinity) &&
    (!one.endsAtMajority || other.endsAtMajority)
  return after.some((other) => !before.some((one) => covers(one, other)))
}

/** Does a consent that somebody gave for the participant hold at this instant (ms)? */
export function holdsAt(now: number, by: GivenBy, sources: AuthoritySources): boolean {
  const anyone: Membership = { agency: '*' }
  return isMember(heldBy([anyone], by, sources), anyone.agency, now)
}
