/**
 * The circle of a participant: the agencies that may know of the participant's records, and those to whom a consent
 * (and for wages an agreement) opens a restricted class. Computed from the participant, referrals, participations,
 * consents and agreements as capability/rules/visibility.json says.
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

/** Reads a FHIR date as the instants [start, end). */
export type Range = (text: string) => { start: number; end: number }

export type CircleSources = {
  /** The participant's own records of the types that the rule names. */
  readonly records: readonly Resource[]
  /** Data-sharing agreements, all of them. */
  readonly agreements: readonly Resource[]
  /** The agencies that keep wage records. */
  readonly wageAgencies: readonly string[]
}

export const RESTRICTED_CLASS = codeSystem('restricted-class')

/** Types whose change can change a circle. */
export const circleTypes = (rule: VisibilityRule): readonly string[] => [...new Set(rule.circle.map((one) => one.type))]

export function circleOf(rule: VisibilityRule, sources: CircleSources, range: Range): Circle {
  const grants = rule.circle.flatMap((one) =>
    sources.records.filter((record) => applies(one, record)).map((record) => grant(one, record, range)),
  )
  const classes = Object.fromEntries(
    Object.entries(rule.classes).map(([name, { agreement }]) => {
      const consented = joined(grants.filter((one) => one.classes.includes(name)).flatMap((one) => one.members))
      return [name, agreement ? common([consented, agreed(rule, sources, name, range)]) : consented]
    }),
  )
  return { members: joined(grants.flatMap((one) => one.members)), classes }
}

function applies(rule: CircleRule, record: Resource): boolean {
  if (record.resourceType !== rule.type) return false
  if (rule.status && !rule.status.includes(String(record.status))) return false
  return rule.permit === undefined || valuesAt(record, rule.permit)[0] === 'permit'
}

function grant(rule: CircleRule, record: Resource, range: Range) {
  const bounds = boundsAt(record, rule.period, range)
  const agencies = rule.agency.flatMap((path) => idsAt(record, path, 'Organization'))
  return {
    members: agencies.map((agency): Membership => ({ agency, ...bounds })),
    classes: rule.classes === undefined ? [] : codesOf(valuesAt(record, rule.classes)),
  }
}

/** Agencies that share an executed agreement about a class with an agency that keeps wage records. */
function agreed(rule: VisibilityRule, sources: CircleSources, name: string, range: Range): readonly Membership[] {
  const { type, status, parties, period, category } = rule.agreement
  return joined(
    sources.agreements
      .filter((one) => one.resourceType === type && status.includes(String(one.status)))
      .filter((one) => categoriesOf(one, category).includes(name))
      .flatMap((one) => {
        const signed = idsAt(one, parties, 'Organization')
        const bounds = boundsAt(one, period, range)
        return signed.some((agency) => sources.wageAgencies.includes(agency))
          ? signed.map((agency) => ({ agency, ...bounds }))
          : []
      }),
  )
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
function boundsAt(resource: Resource, path: string | undefined, range: Range): { from?: number; until?: number } {
  const period = path === undefined ? undefined : (valuesAt(resource, path)[0] as JsonObject | undefined)
  const start = typeof period?.start === 'string' ? { from: range(period.start).start } : {}
  const end = typeof period?.end === 'string' ? { until: range(period.end).end } : {}
  return { ...start, ...end }
}
