/**
 * The care dates of a participant's records, for `start` and `end` of Patient/$everything: "the date range relates to care
 * dates, not record currency dates". https://hl7.org/fhir/R4/patient-operation-everything.html
 */
import type { JsonObject, Resource } from '../../fhir/types.ts'

/** By type, the elements that date the care; the first one that a record has counts. */
const CARE_DATES: Readonly<Record<string, readonly string[]>> = {
  CarePlan: ['period', 'created'],
  Goal: ['startDate'],
  Condition: ['onsetDateTime', 'onsetPeriod', 'recordedDate'],
  QuestionnaireResponse: ['authored'],
  ServiceRequest: ['authoredOn'],
  Task: ['authoredOn'],
  Procedure: ['performedPeriod', 'performedDateTime'],
  EpisodeOfCare: ['period'],
  Observation: ['effectivePeriod', 'effectiveDateTime'],
  Basic: ['created'],
  Consent: ['dateTime'],
  CareTeam: ['period'],
}

/** Instants [start, end) in ms. */
type InstantRange = { readonly start: number; readonly end: number }

/** Does the care fall into the range? A record without a care date does, as R4 says of demographics. */
export function isWithin(resource: Resource, searched: InstantRange, range: (text: string) => InstantRange): boolean {
  const element = (CARE_DATES[resource.resourceType] ?? []).find((name) => resource[name] !== undefined)
  if (element === undefined) return true
  const value = resource[element]
  if (typeof value === 'string') return overlaps(range(value), searched)
  const { start, end } = value as JsonObject
  return overlaps(
    {
      start: typeof start === 'string' ? range(start).start : -Infinity,
      end: typeof end === 'string' ? range(end).end : Infinity,
    },
    searched,
  )
}

const overlaps = (one: InstantRange, other: InstantRange): boolean => one.start < other.end && other.start < one.end
