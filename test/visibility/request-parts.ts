/** What requests of abe carry: addresses that it knows, unknown and secret ones, and bodies of every kind. */
import type { Random } from '../../scripts/random.ts'
import {
  agencyTeam,
  assessment,
  careTeam,
  condition,
  consent,
  goal,
  labelled,
  participant,
  participation,
  relatedPerson,
  teamMember,
  type Body,
} from '../builders/index.ts'
import type { Knowledge } from './knowledge.ts'
import { asserted, FAMILIES, GIVENS, NUMBERED, NUMBERS, SSNS } from './twin-worlds.ts'
import type { Sent } from './twins.ts'

/** The addresses to request: mostly those that abe has seen, often secret ones, sometimes none that exists. */
export function key(knowledge: Knowledge, type?: string): string {
  const { random, addresses, secrets } = knowledge
  const fits = (list: readonly string[]) => (type ? list.filter((one) => one.startsWith(`${type}/`)) : list)
  const list = fits(random.percent(55) ? addresses : secrets.keys)
  const none = `${type ?? random.pick(['Patient', 'Condition', 'Task', 'Consent'])}/${random.pick(['nothing', 'vr.1', '01m863k2tm9c8g8t5se4rmnst2'])}`
  return list.length > 0 && !random.percent(8) ? random.pick(list) : none
}

export const abe = (method: string, path: string, body?: unknown, headers: Sent['headers'] = {}): Sent => ({
  agency: 'abe',
  method,
  path,
  headers,
  ...(body === undefined ? {} : { body }),
})

export const subjectOf = (knowledge: Knowledge): string => key(knowledge, 'Patient')

export function body(knowledge: Knowledge): Body {
  const { random } = knowledge
  const subject = subjectOf(knowledge)
  const MADE: readonly (() => Body)[] = [
    () => person(random),
    () => person(random),
    () => contactable(random),
    () => condition(subject),
    () => asserted(condition(subject)),
    () => labelled(condition(subject, 'disability'), 'disability'),
    () => ({ ...goal(subject), addresses: [{ reference: key(knowledge, 'Condition') }] }),
    () => participation(subject, 'abe', { referralRequest: [{ reference: key(knowledge, 'ServiceRequest') }] }),
    () => consent(subject, 'abe', random.pick(['vr', 'dhs'])),
    () => assessment(subject, random.percent(50)),
    () => ({ ...condition(subject), evidence: [{ detail: [{ reference: key(knowledge, 'QuestionnaireResponse') }] }] }),
    () => relatedPerson(subject),
    () => careTeam(subject, key(knowledge, 'PractitionerRole')),
    () => agencyTeam(subject, teamMember('family', key(knowledge, 'RelatedPerson'))),
    // What nobody would take.
    () => ({ ...condition(subject), language: 5 }),
    () => condition(`https://elsewhere.example/fhir/${subject}`),
    () => condition(`${subject}/_history/1`),
  ]
  return random.pick(MADE)()
}

/** A body of the type, where one comes up; else one of another type. */
export function bodyLike(knowledge: Knowledge, type: string): Body {
  const tried = Array.from({ length: 12 }, () => body(knowledge))
  return tried.find((one) => one.resourceType === type) ?? tried[0]!
}

export const person = (random: Random): Body =>
  participant(random.percent(95) ? 'abe' : 'es', {
    ...(random.percent(50) ? { ssn: random.pick(SSNS) } : {}),
    ...(random.percent(50) ? { number: random.pick(NUMBERS) } : {}),
    family: random.pick(FAMILIES),
    given: random.pick(GIVENS),
  })

/** Somebody who may be a certain match: with a phone and a home. */
export const contactable = (random: Random): Body => ({
  ...person(random),
  telecom: [{ system: 'phone', value: random.pick(['662-555-0101', '(662) 555-0102']) }],
  ...(random.percent(50) ? { address: [{ line: ['12 Oak Street'], city: 'Tupelo', postalCode: '38801' }] } : {}),
})

export const identifierOf = (random: Random): string =>
  `https://no-wrong-door.example/fhir/NamingSystem/agency/${random.pick(NUMBERED)}|${random.pick(NUMBERS)}`

/** The condition of a conditional create or reference. */
export const criteria = (knowledge: Knowledge, type: string): string => {
  const { random } = knowledge
  return random.pick([
    `identifier=${encodeURIComponent(identifierOf(random))}`,
    `_id=${key(knowledge, type).split('/')[1]}`,
    type === 'Patient'
      ? `family=${random.pick(FAMILIES)}&given=${random.pick(GIVENS)}`
      : `patient=${subjectOf(knowledge)}`,
  ])
}
