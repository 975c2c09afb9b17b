/**
 * The care dates of a participant's records, for `start` and `end` of Patient/$everything: "the date range relates to care
 * dates, not record currency dates". https://hl7.org/fhir/R4/patient-operation-everything.html
 */
import type { JsonObject, Resource } from '../../fhir/types.ts'

/** By type, the elements that date the care; the first one that a record has counts. */
const CARE_DATES: Readonly<Record<string, readonly string[]>> = {
  Account: ['servicePeriod'],
  AdverseEvent: ['date', 'detected', 'recordedDate'],
  AllergyIntolerance: ['onset[x]', 'recordedDate'],
  Appointment: ['start', 'created'],
  AppointmentResponse: ['start'],
  AuditEvent: ['period', 'recorded'],
  Basic: ['created'],
  CarePlan: ['period', 'created'],
  CareTeam: ['period'],
  ChargeItem: ['occurrence[x]', 'enteredDate'],
  Claim: ['billablePeriod', 'created'],
  ClaimResponse: ['created'],
  ClinicalImpression: ['effective[x]', 'date'],
  Communication: ['sent', 'received'],
  CommunicationRequest: ['occurrence[x]', 'authoredOn'],
  Composition: ['date'],
  Condition: ['onset[x]', 'recordedDate'],
  Consent: ['dateTime'],
  Coverage: ['period'],
  CoverageEligibilityRequest: ['serviced[x]', 'created'],
  CoverageEligibilityResponse: ['serviced[x]', 'created'],
  DetectedIssue: ['identified[x]'],
  DeviceRequest: ['occurrence[x]', 'authoredOn'],
  DeviceUseStatement: ['timing[x]', 'recordedOn'],
  DiagnosticReport: ['effective[x]', 'issued'],
  DocumentManifest: ['created'],
  DocumentReference: ['date'],
  Encounter: ['period'],
  EnrollmentRequest: ['created'],
  EpisodeOfCare: ['period'],
  ExplanationOfBenefit: ['billablePeriod', 'created'],
  FamilyMemberHistory: ['date'],
  Flag: ['period'],
  Goal: ['start[x]'],
  ImagingStudy: ['started'],
  Immunization: ['occurrence[x]', 'recorded'],
  ImmunizationEvaluation: ['date'],
  ImmunizationRecommendation: ['date'],
  Invoice: ['date'],
  List: ['date'],
  MeasureReport: ['period', 'date'],
  Media: ['created[x]', 'issued'],
  MedicationAdministration: ['effective[x]'],
  MedicationDispense: ['whenHandedOver', 'whenPrepared'],
  MedicationRequest: ['authoredOn'],
  MedicationStatement: ['effective[x]', 'dateAsserted'],
  NutritionOrder: ['dateTime'],
  Observation: ['effective[x]', 'issued'],
  Procedure: ['performed[x]'],
  Provenance: ['occurred[x]', 'recorded'],
  QuestionnaireResponse: ['authored'],
  RequestGroup: ['authoredOn'],
  ResearchSubject: ['period'],
  RiskAssessment: ['occurrence[x]'],
  Schedule: ['planningHorizon'],
  ServiceRequest: ['authoredOn'],
  Specimen: ['receivedTime'],
  SupplyDelivery: ['occurrence[x]'],
  SupplyRequest: ['occurrence[x]', 'authoredOn'],
  Task: ['authoredOn'],
  VisionPrescription: ['dateWritten', 'created'],
}

/** The types of a choice that are dates. */
const DATE_TYPES = ['DateTime', 'Date', 'Period', 'Instant'] as const

const ELEMENTS = new Map(
  Object.entries(CARE_DATES).map(([type, names]) => [
    type,
    names.flatMap((name) => (name.endsWith('[x]') ? DATE_TYPES.map((suffix) => name.slice(0, -3) + suffix) : [name])),
  ]),
)

/** Instants [start, end) in ms. */
type InstantRange = { readonly start: number; readonly end: number }

/** Does the care fall into the range? A record without a care date does, as R4 says of demographics. */
export function isWithin(resource: Resource, searched: InstantRange, range: (text: string) => InstantRange): boolean {
  const element = ELEMENTS.get(resource.resourceType)?.find((name) => resource[name] !== undefined)
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
