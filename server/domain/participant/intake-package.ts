/**
 * What belongs to the package of a participant that a receiving agency pulls, so that nobody is asked twice:
 * capability/rules/intake-package.json.
 */
import { valuesAt } from '../../fhir/element-path.ts'
import type { JsonObject, Resource } from '../../fhir/types.ts'

export type PackageRow = {
  readonly type: string
  readonly element: string
  readonly values: readonly string[]
  /** A Period that must not be over. */
  readonly period?: string
  /** Of the records that belong, only the one with the latest value of this element. */
  readonly latest?: string
}

export type IntakePackage = { readonly records: readonly PackageRow[] }

/** Reads a FHIR date as the instants [start, end). */
type ReadDate = (text: string) => { readonly start: number; readonly end: number }

/** Does a record belong, but for `latest`, at this instant (ms)? */
export function belongs(rule: IntakePackage, resource: Resource, now: number, range: ReadDate): boolean {
  const row = rule.records.find((one) => one.type === resource.resourceType)
  if (!row || !valuesAt(resource, row.element).some((value) => row.values.includes(String(value)))) return false
  const period = row.period === undefined ? undefined : (valuesAt(resource, row.period)[0] as JsonObject | undefined)
  return typeof period?.end !== 'string' || range(period.end).end > now
}

/** The types of which the package holds every record that belongs, and those of which it holds the latest. */
export const typesOf = ({
  records,
}: IntakePackage): { readonly every: readonly string[]; readonly latest: readonly string[] } => ({
  every: records.filter((one) => one.latest === undefined).map((one) => one.type),
  latest: records.filter((one) => one.latest !== undefined).map((one) => one.type),
})

/** Of records that belong, the latest of each type that has `latest`. */
export function latestOf<T extends Resource>(
  rule: IntakePackage,
  resources: readonly T[],
  range: ReadDate,
): readonly T[] {
  return rule.records.flatMap(({ type, latest }) => {
    if (latest === undefined) return []
    const at = (one: T): number => range(String(valuesAt(one, latest)[0] ?? '1900')).start
    const [first, ...others] = resources.filter((one) => one.resourceType === type)
    return first === undefined ? [] : [others.reduce((last, one) => (at(one) >= at(last) ? one : last), first)]
  })
}
