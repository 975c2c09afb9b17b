/** From resources to index entries. https://hl7.org/fhir/R4/search.html */
import assert from 'node:assert/strict'
import type { SearchParameter } from '../../server/definitions/definitions.ts'
import type { Resource } from '../../server/fhir/types.ts'
import { compileExpression } from '../../server/search/compile.ts'
import { parseExpression } from '../../server/search/expression.ts'
import { checkParameters, extract } from '../../server/search/extract.ts'
import { CAPABILITY, parameter, CONTEXT } from './capability.ts'

const select = (expression: string, resource: object) =>
  compileExpression(parseExpression(expression))(resource as Resource)

const PATIENT = {
  resourceType: 'Patient',
  birthDate: '1985-01-08',
  _birthDate: { extension: [{ url: 'urn:time', valueDateTime: '1985-01-08T04:00:00-06:00' }] },
  name: [{ family: 'Presley', given: ['Elvis', null, 'A'] }, { given: ['Aaron'] }],
  telecom: [{ system: 'phone', value: '1' }, { system: 'email', value: '2', use: 'home' }, { value: '3' }],
  extension: [
    { url: 'urn:a', valueBoolean: true },
    { url: 'urn:b', extension: [{ url: 'c', valueCodeableConcept: { coding: [{ code: 'x' }] } }] },
  ],
  contained: [{ resourceType: 'Organization', id: 'o', name: 'Clinic' }],
  link: [
    { other: { reference: '#o' } },
    { other: { reference: 'Patient/2' } },
    { other: { reference: 'http://x.example/RelatedPerson/1' } },
  ],
  generalPractitioner: [{ identifier: { value: '1' }, type: 'Practitioner' }],
  managingOrganization: { reference: 'urn:uuid:1', type: 'Organization' },
}

const OBSERVATION = {
  resourceType: 'Observation',
  valueQuantity: { value: 3 },
  component: [
    { valueString: 'a' },
    { valueCodeableConcept: { text: 'b' }, code: { coding: [{ code: 'efl' }, { code: 'x' }] } },
  ],
}

describe('search / expression / what it selects', () => {
  const cases: readonly [expression: string, resource: object, expected: unknown[]][] = [
    ['Patient.name.family', PATIENT, ['Presley']],
    ['Patient.name.given', PATIENT, ['Elvis', 'A', 'Aaron']],
    ['Person.name.family | Patient.name.family', PATIENT, ['Presley']],
    ['Person.name.family', PATIENT, []],
    ['Resource.birthDate', PATIENT, ['1985-01-08']],
    ['birthDate', PATIENT, ['1985-01-08']],
    ['Patient.nothing.at.all', PATIENT, []],
    ['Patient.birthDate.nothing', PATIENT, []],
    ["Patient.telecom.where(system='phone').value", PATIENT, ['1']],
    ["Patient.telecom.where(system = 'email' and use = 'home').value", PATIENT, ['2']],
    ["Patient.telecom.where(system = 'email' and use = 'work').value", PATIENT, []],
    ['Patient.name[1].given', PATIENT, ['Aaron']],
    ['Patient.name.given[2]', PATIENT, ['Aaron']],
    ['Patient.name.given[9]', PATIENT, []],
    ['Patient.name.given.first()', PATIENT, ['Elvis']],
    ["Patient.extension('urn:a').value", PATIENT, [true]],
    ["Patient.extension.where(url = 'urn:a').value", PATIENT, [true]],
    ['Patient.extension.where(value = true).url', PATIENT, ['urn:a']],
    ["Patient.extension('urn:b').extension('c').value.ofType(CodeableConcept).coding.code", PATIENT, ['x']],
    ["Patient.birthDate.extension('urn:time').value", PATIENT, ['1985-01-08T04:00:00-06:00']],
    ['Patient.link.other.where(resolve() is Organization).reference', PATIENT, ['#o']],
    ['Patient.link.other.where(resolve() is Patient).reference', PATIENT, ['Patient/2']],
    ['Patient.link.other.where(resolve() is RelatedPerson).reference', PATIENT, ['http://x.example/RelatedPerson/1']],
    ['Patient.generalPractitioner.where(resolve() is Practitioner).type', PATIENT, ['Practitioner']],
    ['Patient.generalPractitioner.where(resolve() is Organization)', PATIENT, []],
    ['Patient.managingOrganization.where(resolve() is FHIR.Organization).reference', PATIENT, ['urn:uuid:1']],
    ['Patient.contained.ofType(Organization).name', PATIENT, ['Clinic']],
    ['Patient.contained.ofType(Patient)', PATIENT, []],
    ['Observation.value', OBSERVATION, [{ value: 3 }]],
    ['Observation.value.ofType(Quantity).value', OBSERVATION, [3]],
    ['Observation.value.ofType(string)', OBSERVATION, []],
    ['(Observation.value as Quantity).value', OBSERVATION, [3]],
    [
      '(Observation.value.as(Quantity)) | (Observation.component.value.ofType(CodeableConcept)).text',
      OBSERVATION,
      [{ value: 3 }, 'b'],
    ],
    ["Observation.component.where(code.coding.code = 'efl').value.text", OBSERVATION, ['b']],
    ['(Observation.component.value.as(string) | Observation.value.as(string))', OBSERVATION, ['a']],
  ]
  for (const [expression, resource, expected] of cases) {
    it(`selects ${expression}`, () => assert.deepEqual(select(expression, resource), expected))
  }
})

describe('search / expression / what it refuses', () => {
  const cases: readonly [expression: string, why: RegExp][] = [
    ['Patient.deceased.exists() and Patient.deceased != false', /cannot be read from `!= false` on/],
    ['Patient.name.exists()', /does not evaluate `exists\(\)`/],
    ['Patient.name.toString()', /does not evaluate `toString\(\)`/],
    ['Patient.name +', /cannot be read from `\+` on/],
    ['Patient.name given', /does not evaluate `given` there/],
    ['Patient.', /ends too early/],
    ['', /ends too early/],
    ['(Patient.name', /ends too early/],
    ["Patient.telecom.where(system > 'a')", /cannot be read from `> 'a'\)` on/],
    ["Patient.telecom.where(system = 'a' or use = 'b')", /does not evaluate `or` there/],
    ['%resource.name', /cannot be read from `%resource\.name` on/],
    ["Patient.telecom.where(system='phone').ofType(X)", /only behind an element, not behind where/],
    ['Patient.name[x]', /does not evaluate `x` there/],
  ]
  for (const [expression, why] of cases) {
    it(`refuses \`${expression}\``, () => {
      const bad = parameter({ code: 'bad', type: 'token', expression })
      assert.throws(() => checkParameters([bad]), why)
      assert.throws(
        () => checkParameters([bad]),
        /SearchParameter `http:\/\/hub\.example\/SearchParameter\/bad` \(`bad`\)/,
      )
    })
  }

  it('refuses a type of parameter that the hub does not evaluate', () => {
    assert.throws(
      () => checkParameters([parameter({ code: 'q', type: 'quantity', expression: 'Observation.value' })]),
      /is of type `quantity`/,
    )
  })
})

const REFERRAL: Resource = {
  resourceType: 'ServiceRequest',
  id: '1',
  extension: [
    { url: 'http://hub.example/origin', valueCodeableConcept: { coding: [{ system: 'urn:o', code: 'assessment' }] } },
  ],
  identifier: [
    { system: 'urn:i', value: '1' },
    { system: 'urn:i', value: '1' },
  ],
  instantiatesCanonical: ['http://a.example/rule|2'],
  status: 'active',
  category: [{ coding: [{ system: 'urn:c', code: 'a' }] }, { coding: [{ system: 'urn:c', code: 'a' }, { code: 'a' }] }],
  subject: { reference: 'http://hub.example/fhir/Patient/7' },
  occurrencePeriod: { start: '2026-01-15', end: '2026-01-15' },
  authoredOn: '2026-01-15T10:00:00-06:00',
  performer: [{ reference: 'Organization/a' }, { reference: 'Organization/b' }, { reference: 'Organization/a' }],
}

describe('search / extract', () => {
  it('gives every entry once, under the code of its parameter', () => {
    const occurrence = { start: Date.parse('2026-01-15T06:00Z'), end: Date.parse('2026-01-16T06:00Z') }
    const authored = { start: Date.parse('2026-01-15T16:00:00Z'), end: Date.parse('2026-01-15T16:00:01Z') }
    assert.deepEqual(
      extract(REFERRAL, CAPABILITY.searchParameters, CONTEXT),
      [
        { kind: 'token', param: 'identifier', system: 'urn:i', code: '1' },
        { kind: 'token', param: 'status', code: 'active' },
        { kind: 'token', param: 'category', system: 'urn:c', code: 'a' },
        { kind: 'token', param: 'category', code: 'a' },
        { kind: 'reference', param: 'subject', type: 'Patient', id: '7' },
        { kind: 'reference', param: 'performer', type: 'Organization', id: 'a' },
        { kind: 'reference', param: 'performer', type: 'Organization', id: 'b' },
        { kind: 'date', param: 'authored', ...authored },
        { kind: 'date', param: 'occurrence', ...occurrence },
        { kind: 'uri', param: 'instantiates-canonical', value: 'http://a.example/rule|2' },
        { kind: 'uri', param: 'instantiates-canonical', value: 'http://a.example/rule' },
        { kind: 'token', param: 'origin', system: 'urn:o', code: 'assessment' },
      ].toSpliced(4, 0, { kind: 'reference', param: 'patient', type: 'Patient', id: '7' }),
    )
  })

  it('survives a resource of the wrong shape, which validation refuses', () => {
    const odd = [null, 1, 'x', [], [[null]], { coding: 'x' }, { reference: 7 }, { start: 1 }, { family: 1, given: {} }]
    const names = Object.keys(REFERRAL).filter((name) => name !== 'resourceType')
    for (const value of odd) {
      const resource = { resourceType: 'ServiceRequest', ...Object.fromEntries(names.map((name) => [name, value])) }
      assert.ok(extract(resource as Resource, CAPABILITY.searchParameters, CONTEXT))
    }
  })

  it('compiles a parameter once', () => {
    const reads: string[] = []
    const watched: SearchParameter = new Proxy(
      parameter({ code: 'status', type: 'token', expression: 'ServiceRequest.status' }),
      {
        get: (target, key) => (reads.push(String(key)), Reflect.get(target, key)),
      },
    )
    extract(REFERRAL, [watched], CONTEXT)
    extract(REFERRAL, [watched], CONTEXT)
    assert.equal(reads.filter((key) => key === 'expression').length, 1)
  })
})
