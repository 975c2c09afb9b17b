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
