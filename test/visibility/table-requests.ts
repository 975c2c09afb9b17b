/** Requests that abe sends, made from the tables of the hub: a new parameter, modifier, route or operation joins by itself. */
import type { Body } from '../builders/index.ts'
import { anyRequest, operationRequest, type AnyRequest, type RequestMaterial } from '../requests/any-request.ts'
import { queryText, searchQuery } from '../requests/search-query.ts'
import type { Knowledge, RequestKind } from './knowledge.ts'
import { FAMILIES, GIVENS, NUMBERED, NUMBERS, SSNS } from './twin-worlds.ts'
import type { Sent } from './twins.ts'

type Abe = (method: string, path: string, body?: unknown, headers?: Sent['headers']) => Sent
type KeyOf = (knowledge: Knowledge, type?: string) => string
type BodyLike = (knowledge: Knowledge, type: string) => Body

const VALUES = {
  token: [
    'active',
    'final',
    'requested',
    'homeless',
    'disability',
    'true',
    'female',
    '662-555-0101',
    'permit',
    'order',
  ],
  string: [...FAMILIES, ...GIVENS, 'fer', 'Magnolia', 'Oleander', 'Zabriskie'],
  date: ['2026', '2026-01-05', '2026-06-01', '2026-06-01T12:30:00Z', '1990-01-08', '2027'],
  uri: ['https://no-wrong-door.example/fhir/Questionnaire/individual-service-assessment', 'x:y'],
  quantity: ['4200', '4200||USD'],
  number: ['1'],
  special: ['34.26|-88.70|10|km'],
  composite: ['active$homeless', 'wages$4200'],
  reference: ['Organization/abe', 'Organization/vr', 'Organization/es'],
  valueSet: [
    'http://hl7.org/fhir/ValueSet/administrative-gender',
    'https://no-wrong-door.example/fhir/ValueSet/barrier',
  ],
  identifier: NUMBERED.flatMap((agency) =>
    NUMBERS.slice(0, 3).map((number) => `https://no-wrong-door.example/fhir/NamingSystem/agency/${agency}|${number}`),
  ),
  ssn: SSNS.map((number) => `http://hl7.org/fhir/sid/us-ssn|${number}`),
}

const PEOPLE = ['Patient', 'Condition', 'Task', 'Consent', 'Goal', 'EpisodeOfCare', 'Observation', 'RelatedPerson']

export const kindsOfTables = (
  abe: Abe,
  key: KeyOf,
  bodyLike: BodyLike,
): readonly (readonly [weight: number, name: string, kind: RequestKind])[] => {
  const materialOf = (knowledge: Knowledge): RequestMaterial => ({
    random: knowledge.random,
    tables: knowledge.tables,
    values: VALUES,
    key: (type) => key(knowledge, type),
    // Each hub draws a number of its own for a participant.
    sortable: (type, code) => type !== 'Patient' || code !== 'identifier',
    resource: (type, id) => ({
      ...(knowledge.states.get(`${type}/${id}`) ?? bodyLike(knowledge, type)),
      ...(id === undefined ? {} : { id }),
    }),
    version: (one) => (knowledge.states.get(one)?.meta as { versionId?: string } | undefined)?.versionId ?? '1',
  })
  const sent = ({ method, path, body, headers }: AnyRequest): Sent => abe(method, path, body, headers)
  return [
    [
      30,
      'any search',
      (k) => {
        const type = k.random.percent(85) ? k.random.pick(PEOPLE) : k.random.pick(k.tables.types)
        return abe('GET', `/${type}?${queryText(searchQuery(materialOf(k), type))}`)
      },
    ],
    [20, 'any route', (k) => sent(anyRequest(materialOf(k)))],
    [6, 'any operation', (k) => sent(operationRequest(materialOf(k), k.random.pick(k.tables.operations)))],
  ]
}
