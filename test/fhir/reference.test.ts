/** References: https://hl7.org/fhir/R4/references.html */
import assert from 'node:assert/strict'
import { parseJson, serialize } from '../../server/fhir/json.ts'
import {
  formatReference,
  localReferences,
  parseCanonical,
  parseReference,
  references,
  referenceTexts,
  rewriteReferences,
  typeOfUrl,
} from '../../server/fhir/reference.ts'
import type { Resource } from '../../server/fhir/types.ts'

const BASE = 'http://hub.example/fhir'
const URN = 'urn:uuid:9e1a0c9e-0000-4000-8000-000000000001'

describe('fhir / reference / parse', () => {
  const cases: readonly [text: string, expected: object | undefined][] = [
    ['Patient/1', { kind: 'local', type: 'Patient', id: '1' }],
    ['Patient/mdes.7-a', { kind: 'local', type: 'Patient', id: 'mdes.7-a' }],
    ['Patient/1/_history/3', { kind: 'local', type: 'Patient', id: '1', version: '3' }],
    [`${BASE}/Patient/1`, { kind: 'local', type: 'Patient', id: '1' }],
    [`${BASE}/Patient/1/_history/3`, { kind: 'local', type: 'Patient', id: '1', version: '3' }],
    [`${BASE}x/Patient/1`, { kind: 'elsewhere', url: `${BASE}x/Patient/1` }],
    ['https://other.example/fhir/Patient/1', { kind: 'elsewhere', url: 'https://other.example/fhir/Patient/1' }],
    ['#coverage', { kind: 'contained', id: 'coverage' }],
    [URN, { kind: 'urn', url: URN }],
    ['urn:oid:1.2.3', { kind: 'urn', url: 'urn:oid:1.2.3' }],
    ['Patient?identifier=a|b', { kind: 'conditional', type: 'Patient', query: 'identifier=a|b' }],
    ['Patient', undefined],
    ['Patient/', undefined],
    ['patient/1', undefined],
    ['Patient/a_b', undefined],
    ['Patient/1/', undefined],
    ['/Patient/1', undefined],
    ['Patient/1\n', undefined],
    ['#', undefined],
    ['', undefined],
    ['http://a b', undefined],
  ]
  for (const [text, expected] of cases) {
    it(`reads \`${text.trim()}\``, () => assert.deepEqual(parseReference(text, BASE), expected))
  }

  it('knows no address as local without a base', () => {
    assert.equal(parseReference(`${BASE}/Patient/1`)?.kind, 'elsewhere')
    assert.equal(parseReference('/Patient/1', ''), undefined)
  })

  it('reads what it formats', () => {
    const key = { type: 'Patient', id: '1' }
    assert.deepEqual(parseReference(formatReference(key)), { kind: 'local', ...key })
    assert.deepEqual(parseReference(formatReference(key, 3)), { kind: 'local', ...key, version: '3' })
  })

  it('takes a canonical apart', () => {
    assert.deepEqual(parseCanonical('http://a.example/Q'), { url: 'http://a.example/Q' })
    assert.deepEqual(parseCanonical('http://a.example/Q|1.0#x'), {
      url: 'http://a.example/Q',
      version: '1.0',
      fragment: 'x',
    })
  })

  it('sees the type at the end of a foreign address', () => {
    assert.equal(typeOfUrl('https://other.example/fhir/Patient/1/_history/2'), 'Patient')
    assert.equal(typeOfUrl('https://other.example/about'), undefined)
  })
})

const PLAN: Resource = {
  resourceType: 'CarePlan',
  contained: [{ resourceType: 'CareTeam', id: 'team', subject: { reference: 'Patient/2' } }],
  text: { status: 'generated', div: `<div><a href="${URN}">him</a> and ${URN}</div>` },
  identifier: [{ system: 'urn:ietf:rfc:3986', value: URN }],
  instantiatesUri: [URN, 'http://a.example'],
  subject: { reference: URN, type: 'Patient' },
  activity: [{ outcomeReference: [{ display: 'none' }, { reference: 'Procedure/1' }] }],
  extension: [
    { url: 'http://a.example/x', valueExpression: { language: 'text/fhirpath', reference: 'http://a.example/e' } },
  ],
}

describe('fhir / reference / list', () => {
  it('finds every literal reference with its path, contained ones too, and nothing else', () => {
    assert.deepEqual(references(PLAN), [
      { path: 'CarePlan.contained[0].subject', reference: 'Patient/2' },
      { path: 'CarePlan.subject', reference: URN, type: 'Patient' },
      { path: 'CarePlan.activity[0].outcomeReference[1]', reference: 'Procedure/1' },
    ])
  })

  it('has each text once, and each record once whatever version of it is meant', () => {
    const author = { reference: 'Patient/2' }
    const supportingInfo = [{ reference: 'Patient/2/_history/1' }, { reference: '#team' }, null]
    const resource: Resource = { ...PLAN, author, supportingInfo }
    assert.deepEqual(
      [...referenceTexts(resource)],
      [...new Set(references(resource).map(({ reference }) => reference))],
    )
    assert.deepEqual(localReferences(resource), [
      { type: 'Patient', id: '2' },
      { type: 'Procedure', id: '1' },
    ])
  })
})

describe('fhir / reference / rewrite', () => {
  const map = new Map([[URN, 'Patient/77']])

  it('replaces literal references, and nothing else that has the same text', () => {
    assert.deepEqual(rewriteReferences(PLAN, map), { ...PLAN, subject: { reference: 'Patient/77', type: 'Patient' } })
  })

  it('answers the very same resource when there is nothing to replace', () => {
    assert.equal(rewriteReferences(PLAN, new Map([['urn:uuid:x', 'Patient/1']])), PLAN)
    assert.equal(rewriteReferences(PLAN, new Map()), PLAN)
  })

  it('keeps decimals as they were written', () => {
    const text = `{"resourceType":"Observation","subject":{"reference":"${URN}"},"valueQuantity":{"value":1.50}}`
    const changed = rewriteReferences(parseJson(text).value as Resource, map)
    assert.equal(serialize(changed), text.replace(URN, 'Patient/77'))
  })
})
