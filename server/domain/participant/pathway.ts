/**
 * Which of the three pathways a participant is on (WIOA hub nomination, 2019):
 * - smart-start   no high-school diploma or equivalency yet
 * - training      has one, but still needs training for the goal
 * - workforce     adequately trained: barriers and the job search remain
 *
 * The rule, in order:
 * 1. Who holds no diploma is on smart-start. A diploma is an education level of PIRL 408 other than 0 (none) and 3
 *    (certificate of attendance under an individualized education program), or an issued credential of a secondary
 *    diploma, an equivalency or a degree. Where neither is recorded, an answer to question 1 of the assessment counts;
 *    without one there is no pathway yet.
 * 2. A success plan decides next: with training in it that is still to be finished, training; with none left, workforce.
 * 3. Without a plan: workforce with a postsecondary education level (PIRL 408: 5 to 8) or an occupational credential,
 *    else training.
 */
import type { JsonObject, Resource } from '../../fhir/types.ts'
import { codeSystem, profileUrl } from '../../fhir/canonical.ts'
import { codesOf, extensionOf, items } from '../../fhir/element.ts'

export type Pathway = 'smart-start' | 'training' | 'workforce'

export type PathwaySources = {
  readonly patient: Resource
  /** The participant's credentials (Basic, hub-credential). */
  readonly credentials?: readonly Resource[]
  /** The success plan that counts: the active one, else the latest draft. */
  readonly plan?: Resource
  /** Answer to question 1 of the latest assessment: has a diploma or equivalency. */
  readonly saysDiploma?: boolean
}

const PATHWAY = profileUrl('ext-participation-pathway')
const EDUCATION = codeSystem('education-level')
const NO_DIPLOMA = ['0', '3']
const POSTSECONDARY = ['5', '6', '7', '8']

/** Credential types after CTDL, https://credreg.net/ctdl/terms. */
const SECONDARY = ['SecondarySchoolDiploma', 'GeneralEducationDevelopment']
const DEGREES = [
  'AssociateDegree',
  'BachelorDegree',
  'MasterDegree',
  'ProfessionalDoctorate',
  'ResearchDoctorate',
  'DoctoralDegree',
  'Degree',
]
const OCCUPATIONAL = [
  'ApprenticeshipCertificate',
  'Certificate',
  'Certification',
  'JourneymanCertificate',
  'License',
  'MasterCertificate',
]
const OVER = ['completed', 'cancelled', 'stopped', 'entered-in-error']

/** The pathway that the sources lead to; undefined while nothing is recorded about a diploma. */
export function pathwayOf({ patient, credentials = [], plan, saysDiploma }: PathwaySources): Pathway | undefined {
  const education = educationOf(patient)
  const held = credentials.flatMap(typeOf)
  const certified = held.some((type) => SECONDARY.includes(type) || DEGREES.includes(type))
  const diploma = certified || (education === undefined ? saysDiploma : !NO_DIPLOMA.includes(education))
  if (diploma === undefined) return undefined
  if (!diploma) return 'smart-start'
  if (plan) return hasTrainingAhead(plan) ? 'training' : 'workforce'
  const trained =
    POSTSECONDARY.includes(education ?? '') ||
    held.some((type) => OCCUPATIONAL.includes(type) || DEGREES.includes(type))
  return trained ? 'workforce' : 'training'
}

/** The participant with the pathway that the hub derived (or without one). */
export function withPathway<T extends Resource>(patient: T, pathway: Pathway | undefined): T {
  if (extensionOf(patient, PATHWAY)?.valueCode === pathway) return patient
  const others = (Array.isArray(patient.extension) ? patient.extension : []).filter(
    (one) => items(one)[0]?.url !== PATHWAY,
  )
  const all = pathway === undefined ? others : [...others, { url: PATHWAY, valueCode: pathway }]
  const { extension: _, ...rest } = patient
  return { ...rest, ...(all.length > 0 ? { extension: all } : {}) } as unknown as T
}

/** The participant with the pathway of another state of it. */
export const withPathwayOf = <T extends Resource>(patient: T, other: Resource): T =>
  withPathway(patient, extensionOf(other, PATHWAY)?.valueCode as Pathway | undefined)

/** Does the pathway of one state hold for the next, as far as the participant itself decides it? */
export const isPathwayKept = (before: Resource, after: Resource): boolean => educationOf(before) === educationOf(after)

const educationOf = (patient: Resource): string | undefined =>
  codesOf(extensionOf(patient, profileUrl('ext-education-level'))?.valueCodeableConcept, EDUCATION)[0]

/** The type of a credential that is issued and not revoked, suspended or expired. */
function typeOf(credential: Resource): readonly string[] {
  const parts = items(extensionOf(credential, profileUrl('ext-credential'))?.extension)
  const value = (url: string): unknown => parts.find((part) => part.url === url)?.valueCode
  const type = value('type')
  return value('status') === 'issued' && typeof type === 'string' ? [type] : []
}

const hasTrainingAhead = (plan: Resource): boolean =>
  items(plan.activity).some(
    (activity) => isTraining(activity) && !OVER.includes(String(items(activity.detail)[0]?.status)),
  )

const isTraining = (activity: JsonObject): boolean =>
  extensionOf(activity, profileUrl('ext-plan-section'))?.valueCode === 'training-service'
