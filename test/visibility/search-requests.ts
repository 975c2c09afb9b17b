/** Parts of the searches that abe sends, and those over several types and in compartments. */
import type { Random } from '../../scripts/random.ts'
import type { Knowledge, Offered } from './knowledge.ts'
import { key } from './request-parts.ts'

export const PEOPLE = [
  'Patient',
  'Condition',
  'Observation',
  'Goal',
  'Consent',
  'EpisodeOfCare',
  'Task',
  'ServiceRequest',
  'QuestionnaireResponse',
  'Contract',
  'CareTeam',
  'RelatedPerson',
]

/** By records that abe may know of, and by secret ones. */
const CHAINS = [
  'patient.family',
  'patient.birthdate',
  'patient.phone',
  'subject:Patient.address-city',
  'patient._lastUpdated',
  'patient.organization.name',
  'patient.general-practitioner.name',
  'focus.authored',
  'based-on.code',
  'addresses.code',
  'link.family',
]

/** Not by identifier for a participant: there is a number among them that each hub draws. */
export function sort(random: Random, { type, searchParam = [] }: Offered): string {
  const chains = CHAINS.filter((chain) => searchParam.some(({ name }) => name === chain.split(/[:.]/)[0]))
  if (chains.length > 0 && random.percent(25))
    return `${random.pick(['', '-', '-_lastUpdated,'])}${random.pick(chains)}${random.percent(30) ? ',_id' : ''}`
  const names = [...searchParam.map(({ name }) => name), '_id', '_lastUpdated']
  const one = random.pick(names.filter((name) => type !== 'Patient' || name !== 'identifier'))
  return `${random.percent(50) ? '-' : ''}${one}${random.percent(30) ? ',_id' : ''}`
}

/** Searches over several types, in a compartment, and for contained resources. */
export function overTypes(knowledge: Knowledge): string {
  const patient = () => key(knowledge, 'Patient')
  const { random } = knowledge
  const types = random.pick(['Patient,Condition', 'Condition,Goal,Task', 'Patient', 'Observation,Consent'])
  const contained = `_contained=${random.pick(['true', 'both'])}&_containedType=${random.pick(['container', 'contained'])}`
  return random.pick([
    () => `/Practitioner?${contained}&_total=accurate&_count=${random.below(5)}`,
    () => `/Practitioner?family=${random.pick(['Ferris', 'Okoye'])}&${contained}&_count=2`,
    () => `/?_type=${types}&_total=accurate&_count=${random.below(5)}`,
    () => `/?_type=${types}&_id=${patient().split('/')[1]}&_revinclude=*`,
    () => `/?_type=Condition,Goal&patient=${patient()}&_sort=-_lastUpdated`,
    () => `/${patient()}/${random.pick(['Condition', 'Observation', 'Patient', 'Task'])}?_total=accurate`,
    () => `/${patient()}/*?_total=accurate&_count=${random.below(5)}`,
  ])()
}

/** Modifiers of a single parameter, each with the values that it takes. */
const MODIFIED: readonly ((knowledge: Knowledge) => readonly [modifier: string, value: string])[] = [
  ({ random }) => ['text', random.pick(['housing', 'dis', 'job'])],
  () => ['in', 'http://hl7.org/fhir/ValueSet/administrative-gender'],
  () => ['not-in', 'http://hl7.org/fhir/ValueSet/request-status'],
  () => ['of-type', 'http://terminology.hl7.org/CodeSystem/v2-0203|MR|1'],
  () => ['identifier', 'https://no-wrong-door.example/fhir/NamingSystem/agency/abe|1'],
  () => ['below', 'https://no-wrong-door.example/fhir'],
  (knowledge) => [knowledge.random.pick(['above', 'below']), key(knowledge, 'CarePlan')],
  ({ random }) => [random.pick(['above', 'below']), 'Organization/abe'],
  () => ['above', 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality|R'],
]

/** A random modifier of a single parameter, with a value that it takes. */
export const modified = (knowledge: Knowledge): readonly [modifier: string, value: string] =>
  knowledge.random.pick(MODIFIED)(knowledge)
