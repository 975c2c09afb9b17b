/**
 * The circle of a participant: the agencies that may know of the participant's records, and those to whom a consent
 * (and for wages an agreement) opens a restricted class. Computed from the participant, referrals, participations,
 * consents and agreements as capability/rules/visibility.json says.
 *
 * Each of these source records gives grants of its own; the circle is what all grants give together. So a write of one
 * source replaces the grants of that source and reads no other.
 */
import type { Coding, Json, JsonObject, Resource } from '../../fhir/types.ts'
import { codeSystem } from '../../fhir/canonical.ts'
import { idsAt, valuesAt } from '../../fhir/element-path.ts'
import { common, joined, type Membership } from './membership.ts'
import type { CircleRule, VisibilityRule } from './rule.ts'

export type Circle = {
  readonly members: readonly Membership[]
  readonly classes: Readonly<Record<string, readonly Membership[]>>
}

export const NOBODY: Circle = { members: [], classes: {} }

/** What one source record gives: memberships, and the restricted classes that it opens to them. */
export type SourceGrant = { readonly members: readonly Membership[]; readonly classes: readonly string[] }

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
  /** The participant's own records of the types that the rule names. */
  readonly records: readonly Resource[]
}

export const RESTRICTED_CLASS = codeSystem('restricted-class')

/** Types whose records give grants. */
export const circleTypes = (rule: VisibilityRule): readonly string[] => [...new Set(rule.circle.map((one) => one.type))]

/** What a record grants now; nothing for a record that is no source, or whose status ends its grants. */
export const grantsOf = (rule: VisibilityRule, record: Resource, range: ReadDate): readonly SourceGrant[] =>
  rule.circle
    .filter((one) => applies(one, record))
    .map((one) => grant(one, record, range))
    .filter(({ members }) => members.length > 0)

/** The circle that grants give together. `agreed`: the agencies that have an agreement about a class. */
export function circleOfGrants(
  rule: VisibilityRule,
  grants: Grants,
  agreed: (name: string) => readonly Membership[],
): Circle {
  const classes = Object.entries(rule.classes).map(([name, { agreement }]) => {
    const consented = consentedIn(grants, name)
    return [name, agreement && consented.length > 0 ? common([consented, agreed(name)]) : consented] as const
  })
  return { members: joined(all(grants).flatMap((one) => one.members)), classes: Object.fromEntries(classes) }
}

/** To whom consents open a class, whether or not it needs an agreement as well. */
export const consentedIn = (grants: Grants, name: string): readonly Membership[] =>
  joined(
    all(grants)
      .filter((one) => one.classes.includes(name))
      .flatMap((one) => one.members),
  )

/** The circle from the source records themselves. */
export function circleOf(rule: VisibilityRule, sources: CircleSources, range: ReadDate): Circle {
  const grants = Object.fromEntries(
    sources.records.map((record, index) => [index, grantsOf(rule, record, range)] as const),
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

const all = (grants: Grants): readonly SourceGrant[] => Object.values(grants).flat()

function applies(rule: CircleRule, record: Resource): boolean {
  if (record.resourceType !== rule.type) return false
  if (rule.status && !rule.status.includes(String(record.status))) return false
  if (rule.coded && !hasCoding(record, rule.coded)) return false
  return rule.permit === undefined || valuesAt(record, rule.permit)[0] === 'permit'
}

const hasCoding = (record: Resource, { element, system, code }: NonNullable<CircleRule['coded']>): boolean =>
  valuesAt(record, element).some((one) => (one as Coding).system === system && (one as Coding).code === code)

function grant(rule: CircleRule, record: Resource, range: ReadDate): SourceGrant {
  const bounds = boundsAt(record, rule.period, range)
  const agencies = rule.agency.flatMap((path) => idsAt(record, path, 'Organization'))
  return {
    members: joined(agencies.map((agency): Membership => ({ agency, ...bounds }))),
    classes: rule.classes === undefined ? [] : codesOf(valuesAt(record, rule.classes)),
  }
}

const codesOf = (codings: readonly Json[]): readonly string[] =>
  codings.flatMap((coding) => {
    const { system, code } = coding as Coding
    return system === RESTRICTED_CLASS && code ? [code] : []
  })

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
