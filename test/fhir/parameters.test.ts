import assert from 'node:assert/strict'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import { parseJson, serialize } from '../../server/fhir/json.ts'
import {
  buildParameters,
  declaredIn,
  parts,
  readParameters,
  resource,
  value,
  type Declared,
} from '../../server/fhir/parameters.ts'
import type { JsonObject, Resource } from '../../server/fhir/types.ts'

const DECLARED = declaredIn({
  resourceType: 'OperationDefinition',
  parameter: [
    { name: 'resource', use: 'in', min: 0, max: '1', type: 'Resource' },
    { name: 'mode', use: 'in', min: 0, max: '1', type: 'code' },
    { name: 'count', use: 'in', min: 0, max: '1', type: 'positiveInt' },
    { name: 'dry', use: 'in', min: 0, max: '1', type: 'boolean' },
    { name: 'to', use: 'in', min: 0, max: '*', type: 'Reference' },
    { name: 'hours', use: 'in', min: 0, max: '1', type: 'Quantity' },
    {
      name: 'answer',
      use: 'in',
      min: 0,
      max: '*',
      part: [
        { name: 'rule', use: 'in', min: 1, max: '1', type: 'string' },
        { name: 'accept', use: 'in', min: 0, max: '1', type: 'boolean' },
      ],
    },
    { name: 'return', use: 'out', min: 1, max: '1', type: 'OperationOutcome' },
  ],
})

const body = (...parameter: JsonObject[]): Resource => ({ resourceType: 'Parameters', parameter })

function refused(given: { body?: Resource; params?: [string, string][] }, declared = DECLARED) {
  try {
    readParameters(declared, { params: [], ...given })
  } catch (error) {
    assert(error instanceof OutcomeError, String(error))
    return error.issues[0]!
  }
  return assert.fail(`${JSON.stringify(given)} was taken`)
}

describe('readParameters', () => {
  it('makes a plain object of a Parameters body: single values, lists, parts', () => {
    const given = body(
      { name: 'mode', valueCode: 'create' },
      { name: 'dry', valueBoolean: false },
      { name: 'to', valueReference: { reference: 'Organization/a' } },
      { name: 'to', valueReference: { reference: 'Organization/b' } },
      {
        name: 'answer',
        part: [
          { name: 'rule', valueString: 'snap' },
          { name: 'accept', valueBoolean: true },
        ],
      },
      { name: 'resource', resource: { resourceType: 'Goal' } },
    )
    assert.deepEqual(readParameters(DECLARED, { body: given, params: [] }), {
      mode: 'create',
      dry: false,
      to: [{ reference: 'Organization/a' }, { reference: 'Organization/b' }],
      answer: [{ rule: 'snap', accept: true }],
      resource: { resourceType: 'Goal' },
    })
  })

  it('reads a query string, and both together', () => {
    const params: [string, string][] = [
      ['count', '5'],
      ['dry', 'true'],
    ]
    assert.deepEqual(readParameters(DECLARED, { params }), { count: 5, dry: true })
    assert.deepEqual(readParameters(DECLARED, { params, body: body({ name: 'mode', valueCode: 'a' }) }), {
      mode: 'a',
      count: 5,
      dry: true,
    })
  })

  it('takes a resource as the body where one parameter takes a resource', () => {
    const goal = { resourceType: 'Goal', id: 'a' }
    assert.deepEqual(readParameters(DECLARED, { body: goal, params: [] }), { resource: goal })
    const narrow: Declared[] = [{ name: 'form', min: 1, max: '1', type: 'QuestionnaireResponse' }]
    assert.equal(refused({ body: goal }, narrow).detail, 'invalid-parameter')
  })

  it('takes an empty Parameters resource and none at all', () => {
    assert.deepEqual(readParameters(DECLARED, { params: [] }), {})
    assert.deepEqual(readParameters(DECLARED, { body: { resourceType: 'Parameters' }, params: [] }), {})
  })

  it('keeps decimals as written', () => {
    const text = '{"resourceType":"Parameters","parameter":[{"name":"hours","valueQuantity":{"value":1.50}}]}'
    const values = readParameters(DECLARED, { body: parseJson(text).value as Resource, params: [] })
    assert.equal(serialize(values['hours']), '{"value":1.50}')
  })

  it('refuses an unknown name with the known ones', () => {
    const issue = refused({ body: body({ name: 'modus', valueCode: 'x' }) })
    assert.equal(issue.detail, 'unknown-parameter')
    assert.equal(issue.expression, 'Parameters.parameter[0]')
    assert.match(issue.text, /`modus` is not defined here\. The operation takes `resource`, `mode`/)
    assert.equal(refused({ params: [['__proto__', 'x']] }).detail, 'unknown-parameter')
    assert.equal(refused({ params: [['return', 'x']] }).detail, 'unknown-parameter')
  })

  it('takes a value in a related type where nothing is lost, and checks it as one of the declared type', () => {
    const declaredAs = (type: string) => [{ name: 'p', min: 0, max: '1' as const, type }]
    const read = (type: string, value: JsonObject) =>
      readParameters(declaredAs(type), { body: body({ name: 'p', ...value }), params: [] })['p']
    assert.equal(read('uri', { valueCanonical: 'http://a.example' }), 'http://a.example')
    assert.equal(read('string', { valueCode: 'a' }), 'a')
    assert.equal(read('unsignedInt', { valueInteger: 3 }), 3)
    assert.equal(read('dateTime', { valueDate: '2026-11-28' }), '2026-11-28')
    for (const [type, value] of [
      ['unsignedInt', { valueInteger: -3 }],
      ['date', { valueDateTime: '2026-11-28T10:00:00Z' }],
      ['uri', { valueInteger: 3 }],
      ['code', { valueCoding: { code: 'a' } }],
      ['integer', { valueDecimal: 1.5 }],
    ] as const)
      assert.throws(() => read(type, value), type)
  })

  it('says where a value has the wrong name, type, shape or count', () => {
    const cases: [JsonObject[], string, RegExp][] = [
      [
        [{ name: 'mode', valueBoolean: true }],
        'Parameters.parameter[0]',
        /`mode` is given as `valueBoolean`; send `valueCode`/,
      ],
      [[{ name: 'mode', valueCode: 5 }], 'Parameters.parameter[0].valueCode', /`mode` is a text/],
      [[{ name: 'count', valuePositiveInt: 0 }], 'Parameters.parameter[0].valuePositiveInt', /1 or more; found `0`/],
      [[{ name: 'to', valueReference: 'x' }], 'Parameters.parameter[0].valueReference', /`to` is an object/],
      [[{ name: 'resource', resource: {} }], 'Parameters.parameter[0].resource', /with a `resourceType`/],
      [
        [
          { name: 'mode', valueCode: 'a' },
          { name: 'mode', valueCode: 'b' },
        ],
        'Parameters.parameter[1]',
        /given twice/,
      ],
      [[{ name: 'answer', part: [] }], 'Parameters.parameter[0]', /`rule` is missing/],
      [[{ name: 'answer', part: [{ name: 'x' }] }], 'Parameters.parameter[0].part[0]', /`x` is not defined here/],
      [[{ valueCode: 'a' }], 'Parameters.parameter[0]', /an object with a `name`/],
    ]
    for (const [parameters, expression, sentence] of cases) {
      const issue = refused({ body: body(...parameters) })
      assert.match(issue.text, sentence)
      assert.equal(issue.expression, expression)
    }
    assert.match(refused({ body: { resourceType: 'Parameters', parameter: {} } }).text, /is an array/)
  })

  it('refuses in the address what cannot be written there', () => {
    assert.match(refused({ params: [['to', 'Organization/a']] }).text, /send it in a Parameters body/)
    for (const text of ['0', '-1', '1.5', 'x', ''])
      assert.match(refused({ params: [['count', text]] }).text, /1 or more/)
    for (const text of ['TRUE', 'constructor', '']) assert.match(refused({ params: [['dry', text]] }).text, /`true` or/)
    assert.match(refused({ params: [['mode', '']] }).text, /not empty/)
  })
})

describe('buildParameters', () => {
  it('makes values, resources and parts, and no empty array', () => {
    assert.deepEqual(
      buildParameters([
        value('issued', 'instant', '2024-01-01T00:00:00Z'),
        resource('return', { resourceType: 'Goal' }),
        parts('proposal', [value('rule', 'code', 'snap')]),
      ]),
      body(
        { name: 'issued', valueInstant: '2024-01-01T00:00:00Z' },
        { name: 'return', resource: { resourceType: 'Goal' } },
        { name: 'proposal', part: [{ name: 'rule', valueCode: 'snap' }] },
      ),
    )
    assert.deepEqual(buildParameters([]), { resourceType: 'Parameters' })
  })
})
