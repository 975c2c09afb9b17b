/** Answers against their questionnaire. https://hl7.org/fhir/R4/questionnaireresponse.html */
import assert from 'node:assert/strict'
import { summaries, validatorOf } from './validator-of.ts'

const URL = 'https://state.example/fhir/Questionnaire/q'
const coding = (code: string): object => ({ system: 'urn:x', code })
const SETS = [
  { resourceType: 'CodeSystem', url: 'urn:x', content: 'complete', concept: [{ code: 'a' }, { code: 'b' }] },
  { resourceType: 'ValueSet', url: 'urn:set', compose: { include: [{ system: 'urn:x' }] } },
]
const questionnaire = {
  resourceType: 'Questionnaire',
  url: URL,
  item: [
    { linkId: 'hello', type: 'display' },
    { linkId: 'yes', type: 'boolean', required: true },
    {
      linkId: 'why',
      type: 'string',
      required: true,
      maxLength: 5,
      enableWhen: [{ question: 'yes', operator: '=', answerBoolean: true }],
    },
    { linkId: 'one', type: 'choice', answerOption: [{ valueCoding: coding('a') }] },
    { linkId: 'set', type: 'choice', answerValueSet: 'urn:set' },
    { linkId: 'open', type: 'open-choice', answerOption: [{ valueCoding: coding('a') }] },
    { linkId: 'many', type: 'integer', repeats: true },
    { linkId: 'group', type: 'group', repeats: true, item: [{ linkId: 'inner', type: 'date', required: true }] },
  ],
}
const validator = validatorOf([...SETS, questionnaire] as never)

const no = { linkId: 'yes', answer: [{ valueBoolean: false }] }
const yes = { linkId: 'yes', answer: [{ valueBoolean: true }] }
const item = (linkId: string, ...answer: readonly object[]): object => ({ linkId, answer })

type ResponseCase = readonly [title: string, items: readonly object[], ...expected: string[]]
const at = (path: string): string => `questionnaire-mismatch QuestionnaireResponse${path}`

const CASES: readonly ResponseCase[] = [
  ['what is required, and no more', [no]],
  ['a required question without an answer', [item('many', { valueInteger: 1 })], at('')],
  ['a question that another answer enables', [yes, item('why', { valueString: 'hm' })]],
  ['a required question that an answer calls for', [yes], at('')],
  ['an answer to a disabled question', [no, item('why', { valueString: 'hm' })], at('.item[1]')],
  [
    'an answer that is too long',
    [yes, item('why', { valueString: 'because' })],
    at('.item[1].answer[0].value.ofType(string)'),
  ],
  ['an answer of the wrong type', [item('yes', { valueString: 'no' })], at('.item[0].answer[0].value.ofType(string)')],
  ['an unknown question', [no, item('yess', { valueBoolean: true })], at('.item[1]')],
  ['a question twice', [no, no], at('.item[1]')],
  [
    'two answers to a question for one',
    [item('yes', { valueBoolean: true }, { valueBoolean: false }), item('why', { valueString: 'x' })],
    at('.item[0]'),
  ],
  ['two answers to a question for several', [no, item('many', { valueInteger: 1 }, { valueInteger: 2 })]],
  ['an option', [no, item('one', { valueCoding: coding('a') })]],
  ['what is no option', [no, item('one', { valueCoding: coding('b') })], at('.item[1].answer[0].value.ofType(Coding)')],
  ['a code of the value set', [no, item('set', { valueCoding: coding('b') })]],
  [
    'a code outside the value set',
    [no, item('set', { valueCoding: coding('c') })],
    at('.item[1].answer[0].value.ofType(Coding)'),
  ],
  ['free text where the choice is open', [no, item('open', { valueString: 'else' })]],
  [
    'free text where it is not',
    [no, item('one', { valueString: 'else' })],
    at('.item[1].answer[0].value.ofType(string)'),
  ],
  ['an answer to a text to show', [item('hello', { valueString: 'hi' }), no], at('.item[0]')],
  ['a group, twice', [no, ...[1, 2].map(() => ({ linkId: 'group', item: [item('inner', { valueDate: '2020' })] }))]],
  [
    'a group that lacks what it requires',
    [no, { linkId: 'group', item: [item('wrong', { valueDate: '2020' })] }],
    at('.item[1]'),
    at('.item[1].item[0]'),
  ],
]

/** A response with a form, and a value set, of its own. */
const BROUGHT = {
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  questionnaire: '#f',
  contained: [
    {
      resourceType: 'Questionnaire',
      id: 'f',
      status: 'active',
      item: [
        { linkId: 'one', type: 'choice', answerValueSet: '#v', required: true },
        { linkId: 'two', type: 'open-choice', answerOption: [{ valueCoding: coding('a') }] },
        {
          linkId: 'three',
          type: 'quantity',
          enableWhen: [{ question: 'two', operator: '=', answerCoding: coding('a') }],
          extension: [
            { url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-unitOption', valueCoding: coding('a') },
            { url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-minOccurs', valueInteger: 1 },
          ],
        },
      ],
    },
    {
      resourceType: 'ValueSet',
      id: 'v',
      status: 'active',
      compose: { include: [{ system: 'urn:x', concept: [{ code: 'a' }] }] },
    },
  ],
  item: [
    item('one', { valueCoding: coding('a') }),
    item('two', { valueCoding: coding('a') }),
    item('three', { valueQuantity: { value: 1, ...coding('a') } }),
  ],
}

type JsonPath = readonly (string | number)[]

function pathsOf(node: unknown, path: JsonPath = []): JsonPath[] {
  if (typeof node !== 'object' || node === null) return [path]
  const inner = Object.entries(node).flatMap(([key, value]) =>
    pathsOf(value, [...path, Array.isArray(node) ? Number(key) : key]),
  )
  return path.length > 0 ? [path, ...inner] : inner
}

function replaced(node: unknown, [key, ...rest]: JsonPath, value: unknown): unknown {
  if (key === undefined) return value
  const copy = (Array.isArray(node) ? [...(node as unknown[])] : { ...(node as object) }) as Record<string, unknown>
  copy[key] = replaced(copy[key], rest, value)
  return copy
}

describe('validate / a questionnaire response', () => {
  for (const [title, items, ...expected] of CASES) {
    it(`${expected.length > 0 ? 'reports' : 'lets pass'} ${title}`, async () => {
      const response = { resourceType: 'QuestionnaireResponse', status: 'completed', questionnaire: URL, item: items }
      assert.deepEqual(summaries(await validator.check(response)), [...expected].sort())
    })
  }

  it('may lack answers while it is in progress; they are only warnings', async () => {
    for (const status of ['in-progress', 'stopped', 'entered-in-error']) {
      const response = { resourceType: 'QuestionnaireResponse', status, questionnaire: URL }
      assert.deepEqual(summaries(await validator.check(response)), [`warning ${at('')}`])
    }
  })

  it('lacks nothing when it is amended', async () => {
    const response = { resourceType: 'QuestionnaireResponse', status: 'amended', questionnaire: URL }
    assert.deepEqual(summaries(await validator.check(response)), [at('')])
  })

  it('is checked even where a linkId is no text', async () => {
    const shapes = [1.5, false, null, ['yes'], { value: 'yes' }]
    const items = shapes.map((linkId) => ({ linkId, answer: [{ valueBoolean: true }] }))
    const response = { resourceType: 'QuestionnaireResponse', status: 'in-progress', questionnaire: URL, item: items }
    const issues = summaries(await validator.check(response))
    for (const index of shapes.keys())
      assert.ok(
        issues.some((one) => one.includes(`item[${index}]`)),
        `${index}: ${issues}`,
      )
  })

  it('is checked whatever the contained questionnaire is', async () => {
    for (const path of pathsOf(BROUGHT)) {
      for (const junk of [null, 1.5, 'constructor', true, [], [null], {}, [{}]]) {
        const issues = await validator.check(replaced(BROUGHT, path, junk))
        assert.ok(Array.isArray(issues), `${path.join('.')} = ${JSON.stringify(junk)}`)
      }
    }
  })

  it('is not silently right when its questionnaire is not available', async () => {
    const response = {
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      questionnaire: `${URL}2`,
      item: [no],
    }
    assert.deepEqual(summaries(await validator.check(response)), [
      'warning questionnaire-unknown QuestionnaireResponse.questionnaire',
    ])
  })
})
