/** Searches over several types and in compartments, as requests of the twin worlds. */
import type { Knowledge } from './knowledge.ts'

/** Searches over several types, and in a compartment. `key` names a record of the type. */
export function searchesBeyondType(knowledge: Knowledge, key: (type: string) => string): string {
  const { random } = knowledge
  const types = random.pick(['Patient,Condition', 'Condition,Goal,Task', 'Patient', 'Observation,Consent'])
  return random.pick([
    () => `/?_type=${types}&_total=accurate&_count=${random.below(5)}`,
    () => `/?_type=${types}&_id=${key('Patient').split('/')[1]}&_revinclude=*`,
    () => `/?_type=Condition,Goal&patient=${key('Patient')}&_sort=-_lastUpdated`,
    () => `/${key('Patient')}/${random.pick(['Condition', 'Observation', 'Patient', 'Task'])}?_total=accurate`,
    () => `/${key('Patient')}/*?_total=accurate&_count=${random.below(5)}`,
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
  () => ['above', 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality|R'],
]

/** A random modifier of a single parameter, with a value that it takes. */
export const modified = (knowledge: Knowledge): readonly [modifier: string, value: string] =>
  knowledge.random.pick(MODIFIED)(knowledge)
