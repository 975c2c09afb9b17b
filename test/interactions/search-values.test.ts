/** What a search finds by each type of parameter and each modifier, over HTTP, in both modes. https://hl7.org/fhir/R4/search.html */
import assert from 'node:assert/strict'
import { resident } from '../builders/index.ts'
import { given, givenOver, OVER_STORES, refused, type Client, type Given } from '../given.ts'

const UCUM = 'http://unitsofmeasure.org'
const CODES = 'urn:codes'

const observation = (id: string, more: object): object => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: CODES, code: 'weight-1', display: 'Body weight' }] },
  ...more,
})
const kilograms = (value: number, code = 'kg') => ({ value, unit: code, system: UCUM, code })

const PATIENTS: readonly object[] = [
  {
    resourceType: 'Patient',
    id: 'obrien',
    meta: {
      profile: ['http://a.example/StructureDefinition/person|2.1'],
      tag: [{ system: 'urn:tags', code: 'Pilot' }],
      security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }],
      source: 'http://a.example/feeds/1',
    },
    identifier: [
      {
        system: 'urn:case',
        value: 'VA-7x',
        type: {
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }],
          text: 'Case number',
        },
      },
    ],
    name: [{ family: "O'Brien-Straße", given: ['Zoë'] }],
    telecom: [{ system: 'email', value: 'Zoe@Mail.Example' }],
    gender: 'female',
    deceasedBoolean: false,
    generalPractitioner: [{ display: 'Dr. Who' }],
  },
  {
    resourceType: 'Patient',
    id: 'berg',
    name: [{ family: 'van der Berg' }],
    gender: 'male',
    deceasedDateTime: '2026-01-02',
    managingOrganization: { identifier: { system: 'urn:org', value: 'A1' } },
  },
]

const OTHERS: readonly object[] = [
  observation('kg', { valueQuantity: kilograms(70.2) }),
  observation('g', { valueQuantity: kilograms(70_200, 'g') }),
  observation('stone', { valueQuantity: { value: 70.2, unit: 'st' } }),
  observation('pressure', {
    code: { coding: [{ system: CODES, code: 'panel' }], text: 'Blood pressure' },
    component: [
      { code: { coding: [{ system: CODES, code: 'upper' }] }, valueQuantity: kilograms(120, 'mm[Hg]') },
      { code: { coding: [{ system: CODES, code: 'lower' }] }, valueQuantity: kilograms(80, 'mm[Hg]') },
      {
        code: { coding: [{ system: CODES, code: 'rhythm' }] },
        valueCodeableConcept: { coding: [{ code: 'regular' }] },
      },
      { code: { coding: [{ system: CODES, code: 'pulse' }] }, dataAbsentReason: { coding: [{ code: 'unknown' }] } },
    ],
  }),
  { resourceType: 'Location', id: 'richmond', name: 'Richmond', position: { latitude: 37.5407, longitude: -77.436 } },
  { resourceType: 'Location', id: 'norfolk', name: 'Norfolk', position: { latitude: 36.8508, longitude: -76.2859 } },
  { resourceType: 'ValueSet', id: 'one', url: 'http://a.example/fhir/ValueSet/x', version: '1', status: 'draft' },
  { resourceType: 'ValueSet', id: 'two', url: 'http://a.example/fhir/ValueSet/x', version: '2', status: 'draft' },
  { resourceType: 'ValueSet', id: 'other', url: 'http://a.example/fhirx', version: '1', status: 'draft' },
]

type Row = readonly [query: string, ids: string]

const FOUND: Readonly<Record<string, readonly Row[]>> = {
  'by tokens, in any case unless their system is case sensitive': [
    ['Patient?identifier=urn:case|va-7X', 'obrien'],
    ['Patient?identifier=VA-7x', 'obrien'],
    ['Patient?identifier=urn:case|', 'obrien'],
    ['Patient?email=ZOE@mail.example', 'obrien'],
    // Its system is a kind of device, not a name space.
    ['Patient?telecom=email|zoe@mail.example', 'obrien'],
    ['Patient?telecom=|zoe@mail.example', 'obrien'],
    ['Patient?telecom=email|nobody@mail.example', ''],
    ['Patient?_tag=urn:tags|pilot', 'obrien'],
    ['Patient?gender=female', 'obrien'],
    ['Patient?gender=http://hl7.org/fhir/administrative-gender|female', 'obrien'],
    ['Patient?gender=FEMALE', ''],
    ['Patient?deceased=true', 'berg'],
    ['Patient?deceased=false', 'obrien'],
  ],
  'by names': [
    ['Patient?family=obrien', 'obrien'],
    ['Patient?family=strasse', 'obrien'],
    ['Patient?name=berg', 'berg'],
    ['Patient?name=der+berg', 'berg'],
    ['Patient?family=erg', ''],
    ["Patient?family:exact=O'Brien-Straße", 'obrien'],
    ['Patient?family:contains=brien str', 'obrien'],
  ],
  'by whether there is a value': [
    ['Patient?general-practitioner:missing=false', 'obrien'],
    ['Patient?organization:missing=false', 'berg'],
    ['Patient?organization:missing=true', 'obrien'],
    ['Patient?_id:missing=false', 'obrien berg'],
    ['Patient?_id:missing=true', ''],
    ['Patient?_lastUpdated:missing=true', ''],
    ['Patient?_tag:missing=true', 'berg'],
  ],
  'by modifiers': [
    ['Patient?_id:not=berg', 'obrien'],
    ['Patient?gender:not=male', 'obrien'],
    ['Patient?organization:identifier=urn:org|a1', 'berg'],
    ['Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|VA-7X', 'obrien'],
    ['Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|SS|VA-7X', ''],
    ['Patient?identifier:text=number', 'obrien'],
    ['Observation?code:text=WEIGHT', 'kg g stone'],
    ['Observation?code:text=pressure', 'pressure'],
    ['Patient?gender:in=http://hl7.org/fhir/ValueSet/administrative-gender', 'obrien berg'],
    ['Patient?gender:not-in=http://hl7.org/fhir/ValueSet/administrative-gender', ''],
    ['Patient?_security:below=http://terminology.hl7.org/CodeSystem/v3-Confidentiality|_Confidentiality', 'obrien'],
    ['Patient?_security:above=http://terminology.hl7.org/CodeSystem/v3-Confidentiality|R', 'obrien'],
    ['Patient?_security:below=http://terminology.hl7.org/CodeSystem/v3-Confidentiality|N', ''],
  ],
  'by what a record says of itself': [
    ['Patient?_profile=http://a.example/StructureDefinition/person', 'obrien'],
    ['Patient?_profile=http://a.example/StructureDefinition/person|2.1', 'obrien'],
    ['Patient?_profile=http://a.example/StructureDefinition/person|3', ''],
    ['Patient?_profile:below=http://a.example/StructureDefinition', 'obrien'],
    ['Patient?_profile:below=http://a.example/StructureDefinition/person|2', 'obrien'],
    // The hub says who wrote a version, whatever was sent.
    ['Patient?_source=http://a.example/feeds/1', ''],
    ['Patient?_source=Organization/board', 'obrien berg'],
    ['Patient?_security=R', 'obrien'],
  ],
  'by quantities, whatever their unit': [
    [`Observation?value-quantity=70.2|${UCUM}|kg`, 'kg g'],
    [`Observation?value-quantity=70200|${UCUM}|g`, 'kg g'],
    [`Observation?value-quantity=gt154|${UCUM}|[lb_av]`, 'kg g'],
    [`Observation?value-quantity=lt70.2|${UCUM}|kg`, ''],
    ['Observation?value-quantity=70.2||kg', 'kg'],
    ['Observation?value-quantity=70.2||st', 'stone'],
    ['Observation?value-quantity=70.2', 'kg stone'],
    ['Observation?value-quantity=70.2||', 'kg stone'],
    ['Observation?value-quantity=70', 'kg stone'],
    ['Observation?value-quantity=ap70', 'kg stone'],
    [`Observation?value-quantity=70.2|${UCUM}|m`, ''],
    ['Observation?value-quantity:missing=true', 'pressure'],
  ],
  'by values of one element together': [
    [`Observation?component-code-value-quantity=${CODES}|upper$gt110`, 'pressure'],
    [`Observation?component-code-value-quantity=lower$gt110`, ''],
    [`Observation?component-code-value-quantity=upper$lt100,lower$lt100`, 'pressure'],
    [`Observation?code-value-quantity=weight-1$70.2|${UCUM}|kg`, 'kg g'],
    ['Observation?code-value-quantity:missing=true', 'pressure'],
  ],
  'by an element and its components alike': [
    ['Observation?combo-code=upper', 'pressure'],
    ['Observation?combo-code=weight-1,pulse', 'kg g stone pressure'],
    [`Observation?combo-value-quantity=gt70|${UCUM}|kg`, 'kg g'],
    [`Observation?combo-value-quantity=gt100|${UCUM}|mm[Hg]`, 'pressure'],
    [`Observation?combo-code-value-quantity=upper$gt110`, 'pressure'],
    [`Observation?combo-code-value-quantity=lower$gt110`, ''],
    [`Observation?combo-code-value-quantity=weight-1$70.2|${UCUM}|kg`, 'kg g'],
    ['Observation?combo-value-concept=regular', 'pressure'],
    ['Observation?component-value-concept=regular', 'pressure'],
    ['Observation?combo-code-value-concept=rhythm$regular', 'pressure'],
    ['Observation?component-code-value-concept=pulse$regular', ''],
    ['Observation?combo-data-absent-reason=unknown', 'pressure'],
    ['Observation?component-data-absent-reason=unknown', 'pressure'],
  ],
  'by their distance': [
    ['Location?near=37.54|-77.44|5|km', 'richmond'],
    ['Location?near=37.54|-77.44|200', 'richmond norfolk'],
    ['Location?near=37.54|-77.44|90|[mi_i]', 'richmond norfolk'],
    ['Location?near=37.54|-77.44', 'richmond'],
    ['Location?near=-37.54|77.44', ''],
  ],
  'of a definition by its url': [
    ['ValueSet?url=http://a.example/fhir/ValueSet/x', 'one two'],
    ['ValueSet?url=http://a.example/fhir/ValueSet/x|2', 'two'],
    ['ValueSet?url:below=http://a.example/fhir', 'one two'],
    ['ValueSet?url:above=http://a.example/fhirx/y', 'other'],
  ],
}

const REFUSED: readonly (readonly [query: string, why: RegExp])[] = [
  ['Patient?family=a\\b', /a backslash escapes only/],
  ['Patient?gender:in=http://a.example/none', /`gender:in` cannot be used: the hub has no value set/],
  ['Patient?gender:in=http://hl7.org/fhir/ValueSet/all-languages', /cannot be listed/],
  ['Patient?language:in=http://hl7.org/fhir/ValueSet/all-types%7C9', /has no value set/],
  ['Patient?gender:below=female', /is not `system\|code`/],
  ['Patient?_security:below=urn:none|R', /has no code system `urn:none`/],
  ['Patient?identifier:of-type=MR|1', /is not `system\|code\|value`/],
  ['Observation?value-quantity=much', /is not a quantity/],
  ['Observation?value-quantity=1|2', /is not a quantity/],
  ['Observation?value-quantity=1|a|b|c', /is not a quantity/],
  ['Observation?code-value-quantity=weight-1', /it has `2` parts/],
  ['Observation?code-value-quantity=a$b$c', /it has `2` parts/],
  ['Observation?code-value-quantity=a$much', /is not a quantity/],
  ['Location?near=north', /is not a position/],
  ['Location?near=91|0', /is not a position/],
  ['Location?near=1|1|5|kg', /has no distance/],
  ['Location?near=1|1|-5|km', /has no distance/],
  ['ValueSet?url:below=urn:oid:1.2', /only addresses are above or below/],
]

const idsOf = (body: { entry?: { resource: { id: string } }[] }): string =>
  (body.entry ?? []).map(({ resource }) => resource.id).join(' ')

for (const store of OVER_STORES) {
  describe(`search by values / in open mode / in ${store}`, () => {
    let hub: Given
    let client: Client
    before(async () => {
      hub = await givenOver(store, { HUB_RULES: 'open' })
      client = hub.as(undefined)
      for (const one of [...PATIENTS, ...OTHERS]) {
        const { resourceType, id } = one as { resourceType: string; id: string }
        const answer = await client.put(`/${resourceType}/${id}`, one)
        assert.equal(answer.status, 201, answer.text)
      }
    })
    after(() => hub.stop())

    for (const [title, rows] of Object.entries(FOUND)) {
      it(`finds records ${title}`, async () => {
        for (const [query, expected] of rows) {
          const answer = await client.get(`/${query}`)
          assert.equal(answer.status, 200, `${query}: ${answer.text}`)
          assert.equal(idsOf(answer.body), expected, query)
        }
      })
    }

    it('refuses what it cannot read, and names it', async () => {
      for (const [query, why] of REFUSED) {
        const answer = await client.get(`/${query}`)
        refused(answer, 400, 'invalid-parameter')
        assert.match(answer.text, why, query)
      }
    })

    it('finds by If-None-Exist an identifier in other case', async () => {
      const again = { resourceType: 'Patient', identifier: [{ system: 'urn:case', value: 'va-7X' }] }
      const answer = await client.post('/Patient', again, { headers: { 'If-None-Exist': 'identifier=urn:case|va-7X' } })
      assert.equal(answer.status, 200, answer.text)
    })
  })
}

describe('search by values / in hub mode', () => {
  let hub: Given
  before(async () => {
    hub = await given()
  })
  after(() => hub.stop())

  it('makes no second participant by If-None-Exist in other case', async () => {
    const es = hub.as('es')
    const person = { ...resident('es', 'case-1'), identifier: [{ system: 'urn:es', value: 'Case-1' }] }
    const first = await es.post('/Patient', person)
    assert.equal(first.status, 201, first.text)
    const other = { ...person, identifier: [{ system: 'urn:es', value: 'CASE-1' }] }
    const again = await es.post('/Patient', other, { headers: { 'If-None-Exist': 'identifier=urn:es|CASE-1' } })
    assert.equal(again.status, 200, again.text)
    assert.equal(again.body?.id ?? first.body.id, first.body.id)
  })

  it('does not find a confidential contact detail by any of its parameters', async () => {
    const es = hub.as('es')
    const extension = [
      {
        url: 'https://no-wrong-door.example/fhir/StructureDefinition/ext-confidential',
        valueReference: { reference: 'Organization/es' },
      },
    ]
    const hidden = {
      ...resident('es', 'hidden'),
      telecom: [{ system: 'phone', value: '804-555-0199', use: 'mobile', extension }],
      address: [{ use: 'temp', line: ['9 Hidden Way'], city: 'Nowhere', country: 'CA', extension }],
    }
    const created = await es.post('/Patient', hidden)
    assert.equal(created.status, 201, created.text)
    const queries = [
      'telecom=804-555-0199',
      'phone=804-555-0199',
      'address=9 Hidden',
      'address-city=nowhere',
      'address-country=CA',
      'address-use=temp',
    ]
    for (const query of queries) {
      for (const caller of [es, hub.as(undefined)])
        assert.equal((await caller.get(`/Patient?${query}`)).body.entry, undefined, query)
    }
  })
})
