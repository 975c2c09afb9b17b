/**
 * Random resources and random searches by every type of parameter, modifier and prefix: the memory store and SQLite find
 * what a naive reading of the specification finds. `SEARCH_RUNS=100000` asks for more searches.
 */
import assert from 'node:assert/strict'
import type { Definitions, SearchParameter } from '../../server/definitions/definitions.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import type { Resource } from '../../server/fhir/types.ts'
import { createCodeFacts } from '../../server/search/code-facts.ts'
import { codeSetsOf } from '../../server/search/code-sets.ts'
import { extract } from '../../server/search/extract.ts'
import { DEFAULT_LIMITS } from '../../server/search/limits.ts'
import { parse } from '../../server/search/parse.ts'
import { searchTypeOf } from '../../server/search/types/index.ts'
import type { Filter } from '../../server/search/query.ts'
import { STORES, type Opened } from '../store/stores.ts'
import { query } from '../store/writes.ts'
import { naive, type NaiveSearch } from './naive.ts'

const RUNS = Number(process.env['SEARCH_RUNS'] ?? 2000)
/** Searches over the same records. */
const BATCH = 500
const RECORDS = 15

const NOW = Date.UTC(2026, 10, 28)
const BASE = 'http://hub.example/fhir'
const UCUM = 'http://unitsofmeasure.org'
const GENDERS = 'http://hl7.org/fhir/administrative-gender'
const GENDER_SET = 'http://hl7.org/fhir/ValueSet/administrative-gender'
const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const SENSITIVE = new Set([UCUM, GENDERS, CONFIDENTIALITY, 'http://hl7.org/fhir/observation-status'])

/** Numbers from a seed, the same every time (mulberry32). */
function randomFrom(seed: number) {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!
  const maybe = <T>(make: () => T): T | undefined => (next() < 0.6 ? make() : undefined)
  return { pick, maybe }
}
type Random = ReturnType<typeof randomFrom>

const CODES = ['a', 'A', 'b', 'ab'] as const
const SYSTEMS = ['urn:s', UCUM] as const
const DATES = [
  '2024',
  '2024-02',
  '2024-02-29',
  '2024-03-01',
  '2023-12-31',
  '2024-02-29T23:30:00Z',
  '2024-03-01T12:00:00+14:00',
  '2024-02-29T00:00:00-14:00',
  '2024-02-28T23:59:59Z',
] as const
const SEARCHED_DATES = [...DATES, '2024-02-29T23:30Z'] as const
const NUMBERS = ['0', '1', '-2', '0.5', '0.10', '100', '99.5', '1e2', '1.00e2', '5.4', '5.40', '5.35'] as const
const NAMES = ['Smith', "O'Brien", 'OBrien', 'Smith-Jones', 'van der Berg', 'Berg', 'Strasse', 'Straße', 'Zoë'] as const
const SEARCHED_NAMES = [...NAMES, 's', 'smith', 'obrien', 'ZOE', 'berg', 'jon', 'strass', 'erg'] as const
const ADDRESSES = [
  'http://a.example/fhir',
  'http://a.example/fhir/x',
  'http://a.example/fhir/x/y',
  'http://a.example/fhirx',
  'urn:oid:1.2',
] as const
const PREFIXES = ['', '', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'] as const
const PLACES = [
  [0, 0],
  [10, 10],
  [0, 20],
  [-45, 170],
  [-45, -170],
] as const

const coding = ({ pick, maybe }: Random) => ({
  system: maybe(() => pick(SYSTEMS)),
  code: pick(CODES),
  display: maybe(() => pick(NAMES)),
})
const concept = (random: Random) => ({
  coding: [coding(random), ...(random.maybe(() => [coding(random)]) ?? [])],
  text: random.maybe(() => random.pick(NAMES)),
})
const quantity = ({ pick, maybe }: Random) => {
  const unit = pick(['kg', 'g', 'mg', 'box'] as const)
  return { value: Number(pick(NUMBERS)), unit: maybe(() => unit), system: unit === 'box' ? 'urn:s' : UCUM, code: unit }
}
const sampled = ({ pick, maybe }: Random) => ({
  origin: {
    value: pick([0, 1, 100]),
    ...pick([{ system: UCUM, code: 'g' }, { system: UCUM, code: 'kg' }, { unit: 'box' }]),
  },
  ...{ period: 10, dimensions: 1, factor: maybe(() => pick([2, -1])) },
  data: pick(['1', '0 1', '5 E 99', 'E U L', '-2 L 0', '100 100']),
})
const money = ({ pick, maybe }: Random) => ({
  value: Number(pick(NUMBERS)),
  currency: maybe(() => pick(['USD', 'EUR'])),
})
const period = ({ pick, maybe }: Random) => {
  const [start, end] = [
    pick(['2023-12-31', '2024-02-29', '2024-02-28T23:59:59Z']),
    pick(['2024-03-01', '2024', '2024-02-29']),
  ]
  return maybe(() => 0) === undefined
    ? { start }
    : { start: maybe(() => start), end: end < start.slice(0, 10) && end !== '2024' ? start : end }
}
const reference = ({ pick, maybe }: Random) => ({
  reference: maybe(() => pick(['Patient/1', 'Patient/2', 'Group/1'])),
  identifier: maybe(() => ({ system: 'urn:s', value: pick(CODES) })),
  display: 'x',
})

/** Random resources of the types that have every type of parameter. Elements without a value are left out. */
const RESOURCES: Readonly<Record<string, (random: Random) => object>> = {
  Observation: (random) => ({
    status: random.pick(['final', 'registered']),
    code: concept(random),
    subject: random.maybe(() => reference(random)),
    ...random.pick([{ effectiveDateTime: random.pick(DATES) }, { effectivePeriod: period(random) }, {}]),
    ...random.pick([
      { valueQuantity: quantity(random) },
      { valueSampledData: sampled(random) },
      { valueString: random.pick(NAMES) },
      { valueCodeableConcept: concept(random) },
      {},
    ]),
    component: random.maybe(() => [0, 1].map(() => ({ code: concept(random), valueQuantity: quantity(random) }))),
  }),
  Patient: (random) => ({
    meta: random.maybe(() => ({
      security: [{ system: CONFIDENTIALITY, code: random.pick(['R', 'N', 'V', 'r']) }],
      profile: [random.pick(ADDRESSES), `${random.pick(ADDRESSES)}|1`],
    })),
    identifier: random.maybe(() => [
      {
        system: random.pick(SYSTEMS),
        value: random.pick(CODES),
        type: random.maybe(() => ({ coding: [coding(random)], text: random.pick(NAMES) })),
      },
    ]),
    name: random.maybe(() => [{ family: random.pick(NAMES), given: [random.pick(NAMES)] }]),
    gender: random.maybe(() => random.pick(['male', 'female'])),
    birthDate: random.maybe(() => random.pick(DATES.slice(0, 5))),
  }),
  RiskAssessment: (random) => ({
    prediction: random.maybe(() => [
      { probabilityDecimal: Number(random.pick(NUMBERS)) },
      { probabilityDecimal: Number(random.pick(NUMBERS)) },
    ]),
  }),
  Condition: (random) => ({
    onsetRange: random.maybe(() => ({
      low: random.maybe(() => ({ ...quantity(random), value: 1, unit: 'g', code: 'g', system: UCUM })),
      high: { value: Number(random.pick(['5.4', '100', '1'])), unit: 'g', system: UCUM, code: 'g' },
    })),
  }),
  Invoice: (random) => ({ totalGross: random.maybe(() => money(random)) }),
  ValueSet: (random) => ({ url: random.pick(ADDRESSES), title: random.maybe(() => random.pick(NAMES)) }),
  Location: (random) => ({
    position: random.maybe(() => {
      const [latitude, longitude] = random.pick(PLACES)
      return { latitude, longitude }
    }),
  }),
}

const alternatives = (random: Random, make: () => string): readonly string[] => [
  make(),
  ...(random.pick([0, 0, 1]) ? [make()] : []),
]
const numeric = ({ pick }: Random) => pick([...PREFIXES, 'ap'] as const) + pick(NUMBERS)
const measured = (random: Random) =>
  numeric(random) +
  random.pick([
    '',
    `|${UCUM}|g`,
    `|${UCUM}|kg`,
    `|${UCUM}|mg`,
    '||g',
    '||box',
    '|urn:s|box',
    '||USD',
    '|urn:iso:std:iso:4217|USD',
  ])
const coded = ({ pick }: Random) =>
  pick([
    pick(CODES),
    `${pick(SYSTEMS)}|${pick(CODES)}`,
    `|${pick(CODES)}`,
    `${pick(SYSTEMS)}|`,
    'final',
    'male',
    `${GENDERS}|female`,
    'MALE',
  ])

type Written = { readonly modifier?: string; readonly values: readonly string[]; readonly codes?: NaiveSearch['codes'] }

/** A random search by a parameter of each type. */
const SEARCHES: Readonly<Record<string, (random: Random) => Written>> = {
  token: (random) =>
    random.pick<() => Written>([
      () => ({ values: alternatives(random, () => coded(random)) }),
      () => ({ modifier: 'not', values: alternatives(random, () => coded(random)) }),
      () => ({ modifier: 'text', values: [random.pick(SEARCHED_NAMES)] }),
      () => ({ modifier: 'of-type', values: [`${random.pick(SYSTEMS)}|${random.pick(CODES)}|${random.pick(CODES)}`] }),
      () => ({ modifier: random.pick(['in', 'not-in']), values: [GENDER_SET], codes: IN_GENDERS }),
      () => ({ modifier: 'below', values: [`${CONFIDENTIALITY}|_Confidentiality`], codes: BELOW }),
      () => ({ modifier: 'above', values: [`${CONFIDENTIALITY}|R`], codes: ABOVE }),
    ])(),
  string: (random) => ({
    modifier: random.pick([undefined, undefined, 'exact', 'contains'])!,
    values: alternatives(random, () => random.pick(SEARCHED_NAMES)),
  }),
  number: (random) => ({ values: alternatives(random, () => numeric(random)) }),
  quantity: (random) => ({ values: alternatives(random, () => measured(random)) }),
  date: (random) => ({ values: alternatives(random, () => random.pick(PREFIXES) + random.pick(SEARCHED_DATES)) }),
  reference: (random) =>
    random.pick<Written>([
      { values: [random.pick(['1', '2', 'Patient/1', 'Group/1', '3'])] },
      { modifier: random.pick(['Patient', 'Group']), values: [random.pick(['1', '2'])] },
      { modifier: 'identifier', values: [`urn:s|${random.pick(CODES)}`] },
    ]),
  uri: (random) => {
    const modifier = random.pick([undefined, 'below', 'above'])
    const values = [random.pick(modifier ? ADDRESSES.slice(0, 4) : ADDRESSES)]
    return { modifier: modifier!, values }
  },
  composite: (random) => ({ values: alternatives(random, () => `${random.pick(CODES)}$${measured(random)}`) }),
  text: ({ pick }) => {
    const term = () =>
      pick(['', '', '', 'NOT ']) + pick([...SEARCHED_NAMES, 'smi*', 'O*', 'final', 'berg*', 'van', '5'])
    const one = () => [term(), term(), term()].slice(0, pick([1, 1, 2, 3])).join(pick([' ', ' AND ', ' OR ']))
    return { values: pick([0, 0, 1]) ? [one(), one()] : [one()] }
  },
  special: ({ pick }) => ({ values: [`${pick(PLACES).join('|')}|${pick([1, 1000, 1700, 2500, 12000])}`] }),
}

const IN_GENDERS = new Map([[GENDER_SET, ['male', 'female', 'other', 'unknown'].map((code) => `${GENDERS}|${code}`)]])
const listed = (value: string, codes: readonly string[]) =>
  new Map([[value, codes.map((code) => `${CONFIDENTIALITY}|${code}`)]])
const BELOW = listed(`${CONFIDENTIALITY}|_Confidentiality`, ['_Confidentiality', 'L', 'M', 'N', 'R', 'U', 'V'])
const ABOVE = listed(`${CONFIDENTIALITY}|R`, ['R', '_Confidentiality'])

/** The parameters searched by, and the system that the element of each implies. */
const PARAMETERS: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
  Observation: {
    _content: undefined,
    ...{ code: undefined, status: 'http://hl7.org/fhir/observation-status', subject: undefined, date: undefined },
    ...{ 'value-quantity': undefined, 'value-string': undefined, 'value-concept': undefined, 'combo-code': undefined },
    ...{
      'code-value-quantity': undefined,
      'component-code-value-quantity': undefined,
      'combo-code-value-quantity': undefined,
    },
  },
  Patient: {
    ...{ identifier: undefined, name: undefined, family: undefined, gender: GENDERS, birthdate: undefined },
    _content: undefined,
    _security: undefined,
    _profile: undefined,
  },
  RiskAssessment: { probability: undefined },
  Condition: { 'onset-age': undefined },
  Invoice: { totalgross: undefined },
  ValueSet: { url: undefined, title: undefined },
  Location: { near: undefined },
}

const without = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown

describe('search / as a naive reading of the specification', function () {
  this.timeout(600_000)
  let definitions: Definitions
  const opened: Opened[] = []
  before(async () => {
    definitions = await loadDefinitions(new URL('../../', import.meta.url).pathname, {
      everyType: () => true,
      textSearch: true,
    })
    for (const kind of STORES) opened.push(await kind.open())
  })
  after(async () => {
    for (const { close } of opened) await close()
  })

  it(`finds the same by ${RUNS} random searches, in every store`, async () => {
    const codes = createCodeFacts(definitions)
    const context = { base: BASE, timeZone: 'UTC', codes }
    let found = 0
    for (let seed = 1; seed * BATCH <= RUNS; seed++) {
      const random = randomFrom(seed)
      const records = Object.entries(RESOURCES).flatMap(([resourceType, make]) =>
        Array.from({ length: RECORDS }, (_, index) => ({
          ...{ resourceType, id: `r${index}` },
          ...(without(make(random)) as object),
        })),
      ) as (Resource & { id: string })[]
      for (const { store } of opened) {
        const writes = records.map((resource) => {
          const { searchParameters } = definitions.capability(resource.resourceType)!
          const entries = extract(resource, searchParameters, context)
          return { kind: 'put', method: 'PUT', resource, entries, audience: [{ agency: '*' }], author: 'mdes' } as const
        })
        await store.commit({ writes })
      }
      for (let run = 0; run < BATCH; run++) {
        const type = random.pick(Object.keys(RESOURCES))
        const search = randomSearch(random, type)
        const name = search.modifier === undefined ? search.code : `${search.code}:${search.modifier}`
        const params = [[name, search.values.join(',')]] as const
        const where = filterOf(type, params, context)
        const expected = records.filter((one) => one.resourceType === type && naive(search, one)).map((one) => one.id)
        found += expected.length
        for (const [index, { store }] of opened.entries()) {
          const ids = (await store.find(query(type, { where }))).versions.map((one) => one.id)
          assert.deepEqual(
            ids.sort(),
            [...expected].sort(),
            `${STORES[index]!.name}, seed ${seed}: ${type}?${name}=${params[0][1]}\n${JSON.stringify(records.filter((one) => one.resourceType === type && ids.includes(one.id) !== expected.includes(one.id)))}`,
          )
        }
      }
    }
    assert.ok(found > RUNS, `only ${found} records were found`)
  })

  function randomSearch(random: Random, type: string): NaiveSearch & { readonly code: string } {
    const code = random.pick(Object.keys(PARAMETERS[type]!))
    const parameter = definitions.capability(type)!.searchParameters.find((one) => one.code === code)!
    const implied = PARAMETERS[type]![code]
    const isMissing = random.pick([0, 0, 0, 0, 0, 0, 1]) === 1
    const written = isMissing
      ? { modifier: 'missing', values: [random.pick(['true', 'false'])] }
      : SEARCHES[searchTypeOf(parameter)]!(random)
    return { ...plain(parameter), ...written, code, caseSensitive: SENSITIVE, ...(implied ? { implied } : {}) }
  }

  const plain = ({ expression, component, ...parameter }: SearchParameter) => ({
    type: searchTypeOf(parameter),
    expression,
    ...(component ? { component } : {}),
  })

  function filterOf(
    type: string,
    params: readonly (readonly [string, string])[],
    context: { base: string; timeZone: string },
  ): Filter {
    return parse(definitions.capability(type)!, params, {
      ...context,
      now: NOW,
      codeSets: codeSetsOf(definitions),
      viewer: 'unrestricted',
      limits: DEFAULT_LIMITS,
      handling: 'strict',
    }).query.where
  }
})
