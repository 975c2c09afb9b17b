/** Rules in words for definitions, documents and messages: what is right, and the same with one fault. */
import assert from 'node:assert/strict'
import { isError } from '../../server/fhir/outcome.ts'
import { validatorOf } from './validator-of.ts'

const { check } = validatorOf([])
const errorsOf = async (resource: object): Promise<readonly string[]> =>
  (await check(resource)).filter(isError).map(({ detail, expression }) => `${detail} ${expression}`)

const GENDER = 'http://hl7.org/fhir/administrative-gender'
const V3 = 'http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender'
const named = (resourceType: string, more: object) => ({
  resourceType,
  url: `http://state.example/fhir/${resourceType}/x`,
  name: 'X',
  status: 'active',
  ...more,
})
const form = (...item: readonly object[]) => named('Questionnaire', { item })
const codes = (content: string, more: object) => named('CodeSystem', { content, caseSensitive: true, ...more })
const map = (source: string, target: string) =>
  named('ConceptMap', {
    group: [
      { source: GENDER, target: V3, element: [{ code: source, target: [{ code: target, equivalence: 'equal' }] }] },
    ],
  })
const draws = (system: string) => named('ValueSet', { compose: { include: [{ system }] } })
const patient = (value: string) => ({ resourceType: 'Patient', identifier: [{ system: 'urn:ietf:rfc:3986', value }] })
const enabledBy = (question: string) => ({
  linkId: '2',
  type: 'string',
  enableWhen: [{ question, operator: 'exists', answerBoolean: true }],
})

const AT = 'http://state.example/fhir'
const entry = (resource: { readonly resourceType: string; readonly id: string }) => ({
  fullUrl: `${AT}/${resource.resourceType}/${resource.id}`,
  resource,
})
const composition = {
  resourceType: 'Composition',
  id: 'c',
  status: 'final',
  type: { text: 't' },
  date: '2026-01-01',
  title: 'T',
  author: [{ reference: 'Practitioner/d' }],
}
const basic = (id: string, more: object = {}) => ({ resourceType: 'Basic', id, code: { text: 'x' }, ...more })
const document = (...more: readonly { readonly resourceType: string; readonly id: string }[]) => ({
  resourceType: 'Bundle',
  type: 'document',
  identifier: { system: 'urn:ietf:rfc:3986', value: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0' },
  timestamp: '2026-01-01T00:00:00Z',
  entry: [composition, { resourceType: 'Practitioner', id: 'd' }, ...more].map(entry),
})
const header = (...focus: readonly string[]) => ({
  resourceType: 'MessageHeader',
  id: 'h',
  eventUri: 'http://state.example/event',
  source: { endpoint: 'http://state.example/source' },
  focus: focus.map((reference) => ({ reference })),
})
const message = (...focus: readonly string[]) => ({
  resourceType: 'Bundle',
  type: 'message',
  entry: [header(...focus), { resourceType: 'Patient', id: 'p' }].map(entry),
})

const parameter = (expression: string, ...base: readonly string[]) =>
  named('SearchParameter', { description: 'd', code: 'x', type: 'string', base, expression })

type FormRuleCase = readonly [what: string, right: object, wrong: object, fault: string]

const CASES: readonly FormRuleCase[] = [
  [
    'an expression that starts at a type of the parameter',
    parameter("(Patient.name | Person.name).where(use = 'a | Task.x').family", 'Patient', 'Person'),
    parameter('Patient.name | Person.name', 'Patient'),
    'definition-invalid SearchParameter.expression',
  ],
  [
    'an expression that names elements',
    parameter('Observation.component.value.as(Quantity) | Observation.subject.identifier', 'Observation'),
    parameter('Observation.component.valu', 'Observation'),
    'definition-invalid SearchParameter.expression',
  ],
  [
    'a question that enables',
    form({ linkId: '1', type: 'boolean' }, enabledBy('1')),
    form(enabledBy('9')),
    'value-conflict Questionnaire.item[0]',
  ],
  [
    'another question that enables',
    form({ linkId: '1', type: 'boolean' }, enabledBy('1')),
    form(enabledBy('2')),
    'value-conflict Questionnaire.item[0]',
  ],
  [
    'what a supplement adds to',
    codes('supplement', { supplements: GENDER, concept: [{ code: 'male' }] }),
    codes('supplement', { concept: [{ code: 'male' }] }),
    'value-conflict CodeSystem.content',
  ],
  [
    'no concepts where none are present',
    codes('not-present', {}),
    codes('not-present', { concept: [{ code: 'a' }] }),
    'value-conflict CodeSystem.concept[0]',
  ],
  [
    'a source code of its system',
    map('male', 'M'),
    map('man', 'M'),
    'code-invalid ConceptMap.group[0].element[0].code',
  ],
  [
    'a target code of its system',
    map('male', 'M'),
    map('male', 'Z'),
    'code-invalid ConceptMap.group[0].element[0].target[0].code',
  ],
  [
    'a system to draw on',
    draws(GENDER),
    draws('http://hl7.org/fhir/ValueSet/administrative-gender'),
    'value-conflict ValueSet.compose.include[0]',
  ],
  [
    'a URI where the system is that of URIs',
    patient('urn:oid:1.2.3'),
    patient('12-3'),
    'value-format Patient.identifier[0]',
  ],
  [
    'entries that are linked to the Composition',
    document(basic('b', { subject: { reference: 'Practitioner/d' } })),
    document(basic('b')),
    'bundle-invalid Bundle.entry[2]',
  ],
  [
    'a focus that is in the message',
    message('Patient/p'),
    message('Patient/q'),
    'bundle-invalid Bundle.entry[0].resource.focus[0]',
  ],
]

describe('validate / rules in words for definitions, documents and messages', () => {
  for (const [what, right, wrong, fault] of CASES) {
    it(`asks for ${what}`, async () => {
      assert.deepEqual(await errorsOf(right), [])
      assert.deepEqual(await errorsOf(wrong), [fault])
    })
  }

  it('asks for the canonical url of a questionnaire', async () => {
    const answered = (questionnaire: string) => ({
      resourceType: 'QuestionnaireResponse',
      status: 'in-progress',
      questionnaire,
    })
    assert.deepEqual(await errorsOf(answered('http://state.example/Questionnaire/none')), [])
    assert.deepEqual(await errorsOf(answered('Questionnaire/none')), [
      'questionnaire-unknown QuestionnaireResponse.questionnaire',
    ])
  })

  it('asks for paragraphs that hold no blocks', async () => {
    const checkNarrative = (html: string) => {
      const div = `<div xmlns="http://www.w3.org/1999/xhtml">${html}</div>`
      return errorsOf({ resourceType: 'Patient', text: { status: 'generated', div } })
    }
    assert.deepEqual(await checkNarrative('<p>a <b>b</b></p><ul><li><p>c</p></li></ul>'), [])
    assert.deepEqual(await checkNarrative('<p>a<ul><li>b</li></ul></p>'), ['invariant Patient.text.div'])
  })
})
