/** From resources to index entries. https://hl7.org/fhir/R4/search.html */
import assert from 'node:assert/strict'
import type { SearchParameter } from '../../server/definitions/definitions.ts'
import type { Resource } from '../../server/fhir/types.ts'
import { checkParameters, extract } from '../../server/search/extract.ts'
import { CAPABILITY, parameter, CONTEXT } from './capability.ts'

describe('search / extract / expressions that it refuses', () => {
  const cases: readonly [expression: string, why: RegExp][] = [
    ['Patient.deceased.exists() or Patient.deceased != false', /does not evaluate `or` there/],
    ['Patient.deceased.exists() and Patient.active', /does not evaluate `active` there/],
    ['Patient.name.exists()', /does not evaluate `exists\(\)`/],
    ['Patient.name.toString()', /does not evaluate `toString\(\)`/],
    ['Patient.name +', /ends too early/],
    ['Patient.name ; given', /cannot be read from `; given` on/],
    ['Patient.name given', /does not evaluate `given` there/],
    ['Patient.', /ends too early/],
    ['', /ends too early/],
    ['(Patient.name', /ends too early/],
    ["Patient.telecom.where(system > 'a')", /does not evaluate `>` there/],
    ["Patient.telecom.where(system = 'a' or use = 'b')", /does not evaluate `or` there/],
    ['%resource.name', /does not evaluate `%resource` there/],
    ["Patient.telecom.where(system='phone').ofType(X)", /only behind an element, not behind where/],
    ['Patient.name[x]', /does not evaluate `x` there/],
    ["Patient.extension('a', 'b')", /does not evaluate `'b'` there/],
    ['Patient.name.where()', /does not evaluate `where` there/],
    ['Patient.birthDate = @2020', /does not evaluate `=` there/],
    ['Patient.name.where(family = -1)', /does not evaluate `-` there/],
    ['Observation.value.ofType(1)', /does not evaluate `1` there/],
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

  it('refuses a composite without components, and one of a component that it does not evaluate', () => {
    const composite = (component: SearchParameter['component']) =>
      parameter({ code: 'q', type: 'composite', expression: 'Observation', ...(component ? { component } : {}) })
    assert.throws(() => checkParameters([composite(undefined)]), /has no components/)
    const one = { code: 'x', url: 'urn:x', type: 'special', target: [], expression: 'x' } as const
    assert.throws(() => checkParameters([composite([one])]), /component `x` is of type `special`/)
    assert.throws(() => checkParameters([composite([{ ...one, type: 'token', expression: 'x.exists()' }])]), /exists/)
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
        { kind: 'token', param: 'identifier', system: 'urn:i', code: '1', ignoreCase: true },
        { kind: 'token', param: 'status', code: 'active', ignoreCase: true },
        { kind: 'token', param: 'category', system: 'urn:c', code: 'a', ignoreCase: true },
        { kind: 'token', param: 'category', code: 'a', ignoreCase: true },
        { kind: 'reference', param: 'subject', type: 'Patient', id: '7' },
        { kind: 'reference', param: 'performer', type: 'Organization', id: 'a' },
        { kind: 'reference', param: 'performer', type: 'Organization', id: 'b' },
        { kind: 'date', param: 'authored', ...authored },
        { kind: 'date', param: 'occurrence', ...occurrence },
        { kind: 'uri', param: 'instantiates-canonical', value: 'http://a.example/rule|2' },
        { kind: 'uri', param: 'instantiates-canonical', value: 'http://a.example/rule' },
        { kind: 'token', param: 'origin', system: 'urn:o', code: 'assessment', ignoreCase: true },
      ].toSpliced(4, 0, { kind: 'reference', param: 'patient', type: 'Patient', id: '7' }),
    )
  })

  it('notes that a parameter is present though nothing of it can be searched for', () => {
    const present = (resource: object) => {
      const entries = extract({ resourceType: 'ServiceRequest', ...resource }, CAPABILITY.searchParameters, CONTEXT)
      return [...new Set(entries.map((entry) => entry.param))]
    }
    assert.deepEqual(present({ requester: { display: 'Jo' } }), ['requester'])
    assert.deepEqual(present({ requester: { identifier: { value: '1' } } }), ['requester'])
    assert.deepEqual(present({ requester: { reference: '#p' } }), ['requester'])
    assert.deepEqual(present({ code: { text: 'Help' } }), ['code'])
    assert.deepEqual(present({ patientInstruction: '...' }), ['title'])
    assert.deepEqual(present({ code: {}, requester: null, patientInstruction: [] }), ['code'])
    assert.deepEqual(present({ _patientInstruction: { extension: [] } }), [])
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
    const before = reads.filter((key) => key === 'expression').length
    extract(REFERRAL, [watched], CONTEXT)
    assert.equal(reads.filter((key) => key === 'expression').length, before)
  })
})
