/** Searches that reach other records: chains, _has and includes, as requests of the twin worlds. */
import type { Random } from '../../scripts/random.ts'
import type { Knowledge, Offered } from './knowledge.ts'

type Parameter = { readonly name: string; readonly type: string }
export type SearchedValue = (knowledge: Knowledge, parameter: Parameter) => string

export const including = (name: string, random: Random): string => (random.percent(30) ? `${name}:iterate` : name)

/** A parameter of a record that the matches refer to, or that refers to them. */
export function chained(
  knowledge: Knowledge,
  { searchParam = [], searchRevInclude = [] }: Offered,
  value: SearchedValue,
): [string, string] {
  const { random, offers } = knowledge
  const sources = searchRevInclude.filter((one) => one !== '*')
  const references = searchParam.filter((one) => one.type === 'reference').map(({ name }) => name)
  if (sources.length === 0 || references.length === 0) return ['patient.family', 'x']
  const [from, through] = random.pick(sources).split(':')
  const isReverse = random.percent(50)
  const people = ['Patient', 'Condition', 'Task']
  const reached = offers.filter(({ type }) => (isReverse ? type === from : people.includes(type)))
  const end = random.pick(random.pick(reached).searchParam ?? [])
  const start = isReverse ? `_has:${from}:${through}:` : `${random.pick(references)}.`
  return [`${start}${end.name}${random.percent(10) ? ':missing' : ''}`, value(knowledge, end)]
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
