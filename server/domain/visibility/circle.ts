/**
 * The circle of a participant: the agencies that may know of the participant's records, and those to whom a consent
 * (and for wages an agreement) opens a restricted class. Computed from the participant, referrals, participations,
 * consents and agreements as capability/rules/visibility.json says.
 *
 * Each of these source records gives grants of its own; the circle is what all grants give together. So a write of one
 * source replaces the grants of that source and reads no other. A denial outweighs every other grant.
 */
import type { Coding, JsonObject, Resource } from '../../fhir/types.ts'
import { idsAt, valuesAt } from '../../fhir/element-path.ts'
import { classCodes, classesOf, holderOf } from './labels.ts'
import { authoritiesOf, givenBy, heldBy, majorityOf, type Authority, type GivenBy } from './authority.ts'
import { common, joined, without, type Membership } from './membership.ts'
import { mergedIntoOf } from './merged-into.ts'
import type { CircleRule, CodeCondition, VisibilityRule } from './rule.ts'

/** To whom a class is open, by the agency that released it. */
export type Releases = Readonly<Record<string, readonly Membership[]>>

export type Circle = {
  readonly members: readonly Membership[]
  /** By class: to whom it is open. A release by an agency opens the records of that agency, one by the board opens all. */
  readonly classes: Readonly<Record<string, Releases>>
  /** By class: the agencies whose records carry it. */
  readonly holders: Readonly<Record<string, readonly Membership[]>>
  /** Who is out, whatever else makes it a member. */
  readonly denied: readonly Membership[]
}

export const NOBODY: Circle = { members: [], classes: {}, holders: {}, denied: [] }

/** What one source record gives: memberships, and the restricted classes that it opens to them. */
export type SourceGrant = {
  readonly members: readonly Membership[]
  readonly classes: readonly string[]
  /** Who released the classes. */
  readonly by?: string
  /**
   * Absent: memberships. `deny`: out of the circle. `hold`: the record is one of the classes, of this agency. `authority`:
   * the record gives no membership, but says how long those of consents hold.
   */
  readonly effect?: 'deny' | 'hold' | 'authority'
  /** Somebody gave the consent for the participant. */
  readonly givenBy?: GivenBy
  readonly authorities?: readonly Authority[]
  /** When the participant comes of age (ms). */
  readonly majority?: number
  readonly undeniable?: true
}

/** The grants of a participant's source records, by `Type/id`. A source that grants nothing is not listed. */
export type Grants = Readonly<Record<string, readonly SourceGrant[]>>

/** Reads a FHIR date as the instants [start, end). */
export type ReadDate = (text: string) => { start: number; end: number }

/** What opens a class that needs an agreement as well as a consent. */
export type AgreementSources = {
  /** Data-sharing agreements, all of them. */
  readonly agreements: readonly Resource[]
  /** The agencies that keep wage records. */
  readonly wageAgencies: readonly string[]
}

export type CircleSources = AgreementSources & {
  /** The participant's own records, with the agency that created each. */
  readonly records: readonly OwnedRecord[]
}

export type OwnedRecord = { readonly resource: Resource; readonly owner: string }

/** Types whose records give grants. */
export const circleTypes = (rule: VisibilityRule): readonly string[] => [
  ...new Set([...rule.circle.map((one) => one.type), rule.authority.type]),
]

/**
 * What a record grants now; nothing for a record that is no source, or whose status ends its grants. A record with a
 * restricted class makes the agency whose class it is a holder of the class.
 */
export function grantsOf(rule: VisibilityRule, record: OwnedRecord, range: ReadDate): readonly SourceGrant[] {
  const { resource, owner } = record
  const earlier = granted.get(resource)
  if (earlier?.rule === rule && earlier.owner === owner && earlier.range === range) return earlier.grants
  const grants = computeGrants(rule, record, range)
  granted.set(resource, { rule, owner, range, grants })
  return grants
}

type Granted = {
  readonly rule: VisibilityRule
  readonly owner: string
  readonly range: ReadDate
  readonly grants: readonly SourceGrant[]
}

/** A record that is written is compared by several rules, and its circle computed: what it grants is computed once. */
const granted = new WeakMap<Resource, Granted>()

function computeGrants(rule: VisibilityRule, record: OwnedRecord, range: ReadDate): readonly SourceGrant[] {
  const { resource } = record
  const held = classesOf(resource).filter((name) => rule.classes[name] !== undefined)
  return [
    ...explainedGrants(rule, record, range).map((one) => one.grant),
    ...(held.length > 0
      ? [{ members: [{ agency: holderOf(rule, record) }], classes: held, effect: 'hold' as const }]
      : []),
    ...authorityGrants(rule, resource, range),
  ]
}

/** What a participant, and those who may act for the participant, say about how long consents hold. */
export function authorityGrants(rule: VisibilityRule, resource: Resource, range: ReadDate): readonly SourceGrant[] {
  const none = { members: [], classes: [], effect: 'authority' } as const
  if (resource.resourceType === rule.authority.type) {
    const authorities = authoritiesOf(rule, resource, range)
    return authorities.length === 0 ? [] : [{ ...none, authorities }]
  }
  const majority = resource.resourceType === 'Patient' ? majorityOf(rule, resource, range) : undefined
  return majority === undefined ? [] : [{ ...none, majority }]
}

/** The same with the reason that the rule gives for each, without what a record makes a holder of. */
export const explainedGrants = (
  rule: VisibilityRule,
  { resource, owner }: OwnedRecord,
  range: ReadDate,
): readonly { readonly because: string; readonly grant: SourceGrant }[] =>
  rule.circle
    .filter((row) => applies(row, resource))
    .map((row) => ({ because: row.because, grant: grant(row, resource, owner, range) }))
    .filter((one) => one.grant.members.length > 0)

/** The circle that grants give together. `agreed`: the agencies that have an agreement about a class. */
export function circleOfGrants(
  rule: VisibilityRule,
  grants: Grants,
  agreed: (name: string) => readonly Membership[],
): Circle {
  const each = all(grants)
  const denied = membersOf(each, isDenial)
  const always = membersOf(each, ({ effect, undeniable }) => effect === undefined && undeniable === true)
  const members = membersOf(each, ({ effect, undeniable }) => effect === undefined && undeniable !== true)
  const classes = Object.entries(rule.classes).map(([name, { agreement }]) => {
    const releases = Object.entries(releasesOf(each, name)).map(([by, consented]) => {
      const open = without(consented, denied)
      return [by, agreement ? common([open, agreed(name)]) : open] as const
    })
    return [name, Object.fromEntries(releases.filter(([, open]) => open.length > 0))] as const
  })
  const holders = Object.keys(rule.classes).map(
    (name) => [name, membersOf(each, (one) => one.effect === 'hold' && one.classes.includes(name))] as const,
  )
  return {
    members: joined([...always, ...without(members, denied)]),
    classes: Object.fromEntries(classes),
    holders: Object.fromEntries(holders),
    denied,
  }
}

/** Who is denied, and when. */
export const deniedIn = (grants: Grants): readonly Membership[] => membersOf(all(grants), isDenial)

const isDenial = ({ effect }: SourceGrant): boolean => effect === 'deny'

/** To whom consents open a class, by who released it, whether or not it needs an agreement as well. */
export const consentedIn = (grants: Grants, name: string): Releases => releasesOf(all(grants), name)

function releasesOf(grants: readonly SourceGrant[], name: string): Releases {
  const releases = grants.filter((one) => one.effect === undefined && one.classes.includes(name))
  const owners = [...new Set(releases.map(({ by = '' }) => by))].sort()
  return Object.fromEntries(
    owners.map((owner) => [
      owner,
      joined(releases.filter(({ by = '' }) => by === owner).flatMap(({ members }) => members)),
    ]),
  )
}

/** The circle from the source records themselves. */
export function circleOf(rule: VisibilityRule, sources: CircleSources, range: ReadDate): Circle {
  const grants = Object.fromEntries(
    sources.records.map((record, index) => [keyOf(record.resource, index), grantsOf(rule, record, range)] as const),
  )
  return circleOfGrants(rule, grants, (name) => agreedUpon(rule, sources, name, range))
}

/** Agencies that share an executed agreement about a class with an agency that keeps wage records. */
export function agreedUpon(
  rule: VisibilityRule,
  { agreements, wageAgencies }: AgreementSources,
  name: string,
  range: ReadDate,
): readonly Membership[] {
  const { type, status, parties, period, category } = rule.agreement
  return joined(
    agreements
      .filter((one) => one.resourceType === type && status.includes(String(one.status)))
      .filter((one) => categoriesOf(one, category).includes(name))
      .flatMap((one) => {
        const signed = idsAt(one, parties, 'Organization')
        const bounds = boundsAt(one, period, range)
        return signed.some((agency) => wageAgencies.includes(agency))
          ? signed.map((agency) => ({ agency, ...bounds }))
          : []
      }),
  )
}

const keyOf = ({ resourceType, id }: Resource, index: number): string => `${resourceType}/${id ?? `#${index}`}`

/** Every grant, those of a consent that somebody gave for the participant only while that holds. */
const all = (grants: Grants): readonly SourceGrant[] =>
  Object.values(grants)
    .flat()
    .map((one) => held(one, grants))

/** A grant as far as its consent holds: by the authority of those who gave it. */
export function held(grant: SourceGrant, grants: Grants): SourceGrant {
  if (grant.givenBy === undefined || grant.effect !== undefined) return grant
  const majority = Object.values(grants)
    .flat()
    .find((one) => one.majority !== undefined)?.majority
  const authorities = (person: string) =>
    (grants[`RelatedPerson/${person}`] ?? []).flatMap((one) => one.authorities ?? [])
  return { ...grant, members: heldBy(grant.members, grant.givenBy, { authorities, majority }) }
}

const membersOf = (grants: readonly SourceGrant[], which: (grant: SourceGrant) => boolean): readonly Membership[] =>
  joined(grants.filter(which).flatMap(({ members }) => members))

function applies(rule: CircleRule, record: Resource): boolean {
  if (record.resourceType !== rule.type) return false
  if (rule.status && !rule.status.includes(String(record.status))) return false
  return (rule.where ?? []).every((condition) => meets(condition, record))
}

const meets = ({ path, system, codes }: CodeCondition, record: Resource): boolean =>
  valuesAt(record, path).some((value) => {
    if (system === undefined) return codes.includes(String(value))
    const coding = value as Coding
    return coding.system === system && codes.includes(String(coding.code))
  })

function grant(rule: CircleRule, record: Resource, owner: string, range: ReadDate): SourceGrant {
  const bounds = boundsAt(record, rule.period, range)
  const agencies = rule.agency.flatMap((path) => idsAt(record, path, 'Organization'))
  const classes = rule.classes === undefined ? [] : classCodes(valuesAt(record, rule.classes))
  const by = rule.performer === undefined ? undefined : givenBy(record, rule.performer, range)
  return {
    members: joined(agencies.map((agency): Membership => ({ agency, ...bounds }))),
    classes,
    ...(classes.length > 0 ? { by: owner } : {}),
    ...(rule.deny ? { effect: 'deny' as const } : {}),
    ...(rule.undeniable && mergedIntoOf(record) === undefined ? { undeniable: true as const } : {}),
    ...(by ? { givenBy: by } : {}),
  }
}

function categoriesOf(agreement: Resource, extension: string): readonly string[] {
  return valuesAt(agreement, 'extension').flatMap((one) => {
    const { url, valueCode } = one as JsonObject
    return typeof url === 'string' && url.endsWith(`/${extension}`) && typeof valueCode === 'string' ? [valueCode] : []
  })
}

/** A Period as instants: [from, until). Either end may be open. */
function boundsAt(resource: Resource, path: string | undefined, range: ReadDate): { from?: number; until?: number } {
  const period = path === undefined ? undefined : (valuesAt(resource, path)[0] as JsonObject | undefined)
  const start = typeof period?.start === 'string' ? { from: range(period.start).start } : {}
  const end = typeof period?.end === 'string' ? { until: range(period.end).end } : {}
  return { ...start, ...end }
}
