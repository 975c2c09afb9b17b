/** Which items a response has, where, how often, and when. https://hl7.org/fhir/R4/questionnaireresponse.html */
import type { JsonObject } from '../../server/fhir/types.ts'
import assert from 'node:assert/strict'
import {
  ANSWER,
  ask,
  at,
  code,
  extension,
  form,
  group,
  int,
  judge,
  km,
  metre,
  reply,
  say,
  sections,
  text,
  URL,
  VALUE,
  warn,
  yes,
  type Case,
} from './questioned.ts'

const group1 = group('g', [ask('string')])
const PLACE: readonly Case[] = [
  [
    'items in the order of the questions',
    [ask('string', {}, 'a'), ask('string', {}, 'b')],
    [say('a', text('x')), say('b', text('x'))],
  ],
  [
    'items in another order',
    [ask('string', {}, 'a'), ask('string', {}, 'b')],
    [say('b', text('x')), say('a', text('x'))],
    at('.item[1]'),
  ],
  ['an item of a group outside it', [group1, ask('string', {}, 'b')], [say('q', text('x'))], at('.item[0]')],
  [
    'a repeated question in several items',
    [ask('string', { repeats: true })],
    [say('q', text('x')), say('q', text('y'))],
  ],
  [
    'a group twice that does not repeat',
    [group1],
    [1, 2].map(() => ({ linkId: 'g', item: [say('q', text('x'))] })),
    at('.item[1]'),
  ],
  ['a group with answers', [group1], [say('g', text('x'))], at('.item[0]')],
  ['a group without items', [group1], [{ linkId: 'g' }]],
  ['a required group without items', [{ ...group1, required: true }], [{ linkId: 'g' }], at('.item[0]')],
  ['a required group that is missing', [{ ...group1, required: true }], [{ linkId: 'g' }].slice(1), at('')],
  ['what an absent group requires', [group('g', [ask('string', { required: true })])], []],
  [
    'what a present group requires',
    [group('g', [ask('string', { required: true })])],
    [{ linkId: 'g' }],
    at('.item[0]'),
  ],
  ['a text to show', [ask('display')], [{ linkId: 'q' }]],
  [
    'items below a text to show',
    [ask('display'), ask('string', {}, 'b')],
    [{ linkId: 'q', item: [say('b', text('x'))] }],
    at('.item[0]'),
  ],
  [
    'items inside an answer',
    [ask('string', { item: [ask('string', {}, 'b')] })],
    [say('q', { ...text('x'), item: [say('b', text('y'))] })],
  ],
  [
    'items beside an answer',
    [ask('string', { item: [ask('string', {}, 'b')] })],
    [{ linkId: 'q', item: [say('b', text('y'))] }],
    at('.item[0]'),
  ],
  [
    'what an answer requires below it',
    [ask('string', { item: [ask('string', { required: true }, 'b')] })],
    [say('q', text('x'))],
    ANSWER,
  ],
  ['the text of the question', [ask('string', { text: 'Why?' })], [{ ...say('q', text('x')), text: 'Why?' }]],
  [
    'another text than the question has',
    [ask('string', { text: 'Why?' })],
    [{ ...say('q', text('x')), text: 'How?' }],
    at('.item[0]'),
  ],
  [
    'the text of the question as it is translated',
    [
      ask('string', {
        text: 'Why?',
        _text: {
          extension: [
            {
              url: 'http://hl7.org/fhir/StructureDefinition/translation',
              extension: [
                { url: 'lang', valueCode: 'fr' },
                { url: 'content', valueString: 'Pourquoi?' },
              ],
            },
          ],
        },
      }),
    ],
    [{ ...say('q', text('x')), text: 'Pourquoi?' }],
  ],
]

const occurs = (name: string, count: number, more: JsonObject): JsonObject => ({
  ...extension([`questionnaire-${name}`, int(count)]),
  repeats: true,
  ...more,
})
const COUNT: readonly Case[] = [
  [
    'as many answers as are asked for at least',
    [ask('string', occurs('minOccurs', 2, {}))],
    [say('q', text('x'), text('y'))],
  ],
  ['fewer answers than asked for', [ask('string', occurs('minOccurs', 2, {}))], [say('q', text('x'))], at('.item[0]')],
  ['fewer answers, when there are none', [ask('string', occurs('minOccurs', 2, {}))], []],
  ['as many answers as are taken', [ask('string', occurs('maxOccurs', 2, {}))], [say('q', text('x'), text('y'))]],
  [
    'more answers than are taken',
    [ask('string', occurs('maxOccurs', 1, {}))],
    [say('q', text('x'), text('y'))],
    at('.item[0]'),
  ],
  [
    'more groups than are taken',
    [{ ...group1, ...occurs('maxOccurs', 1, {}) }],
    [{ linkId: 'g' }, { linkId: 'g' }],
    at(''),
  ],
  ['fewer groups than asked for', [{ ...group1, ...occurs('minOccurs', 2, {}) }], [{ linkId: 'g' }], at('')],
]

/** `b` is required where the condition holds. */
const when = (type: string, operator: string, answer: JsonObject, more: JsonObject = {}): readonly JsonObject[] => [
  ask(type, more, 'a'),
  ask('string', { required: true, enableWhen: [{ question: 'a', operator, ...answer }] }, 'b'),
]
const two = (enableBehavior: string): readonly JsonObject[] => [
  ask('boolean', {}, 'a'),
  ask('boolean', {}, 'c'),
  ask(
    'string',
    {
      required: true,
      enableBehavior,
      enableWhen: ['a', 'c'].map((question) => ({ question, operator: '=', answerBoolean: true })),
    },
    'b',
  ),
]
const [FIRST, THEN] = when('boolean', '=', { answerBoolean: true }) as [JsonObject, JsonObject]
const GROUPS = [group('g', [FIRST, THEN], { repeats: true })]
const asked = (operator: string, wanted: number, given: readonly number[], isAsked: boolean): Case => [
  `${isAsked ? 'a question that is asked, since' : 'no question, since not'} ${given.join(' or ')} ${operator} ${wanted}`,
  when('integer', operator, { answerInteger: wanted }, { repeats: true }),
  given.length > 0 ? [say('a', ...given.map(int))] : [],
  ...(isAsked ? [at('')] : []),
]
const ENABLED: readonly Case[] = [
  ...[1, 2, 3].flatMap((given) => [
    asked('=', 2, [given], given === 2),
    asked('!=', 2, [given], given !== 2),
    asked('>', 2, [given], given > 2),
    asked('<', 2, [given], given < 2),
    asked('>=', 2, [given], given >= 2),
    asked('<=', 2, [given], given <= 2),
  ]),
  ...['=', '!=', '>', '<', '>=', '<='].map((operator) => asked(operator, 2, [], false)),
  asked('=', 2, [1, 2], true),
  asked('!=', 2, [1, 2], true),
  asked('!=', 2, [2, 2], false),
  [
    'a question that is asked once there is an answer',
    when('integer', 'exists', { answerBoolean: true }),
    [say('a', int(1))],
    at(''),
  ],
  ['a question that is asked only once there is one', when('integer', 'exists', { answerBoolean: true }), []],
  ['a question that is asked without an answer', when('integer', 'exists', { answerBoolean: false }), [], at('')],
  [
    'a question that is asked only without one',
    when('integer', 'exists', { answerBoolean: false }),
    [say('a', int(1))],
  ],
  ['any of two conditions', two('any'), [say('a', yes(true)), say('c', yes(false))], at('')],
  ['none of two conditions', two('any'), [say('a', yes(false)), say('c', yes(false))]],
  ['one of two conditions that must both hold', two('all'), [say('a', yes(true)), say('c', yes(false))]],
  ['both conditions', two('all'), [say('a', yes(true)), say('c', yes(true))], at('')],
  [
    'a coding, whatever its display',
    when('open-choice', '=', { answerCoding: { system: 'urn:x', code: 'a', display: 'A' } }),
    [say('a', code('a'))],
    at(''),
  ],
  [
    'the code of another system',
    when('open-choice', '=', { answerCoding: { system: 'urn:y', code: 'a' } }),
    [say('a', code('a'))],
  ],
  [
    'a quantity in another unit',
    when('quantity', '>=', { answerQuantity: metre(1000) }),
    [say('a', { valueQuantity: km(1) })],
    at(''),
  ],
  [
    'a date before another',
    when('date', '<', { answerDate: '2020-02-01' }),
    [say('a', { valueDate: '2020-01-31' })],
    at(''),
  ],
  [
    'answers of the same group',
    GROUPS,
    [
      { linkId: 'g', item: [say('a', yes(true)), say('b', text('x'))] },
      { linkId: 'g', item: [say('a', yes(false))] },
    ],
  ],
  [
    'answers of another group',
    GROUPS,
    [
      { linkId: 'g', item: [say('a', yes(true))] },
      { linkId: 'g', item: [say('a', yes(false)), say('b', text('x'))] },
    ],
    at('.item[0]'),
    at('.item[1].item[1]'),
  ],
  ['the answer that holds it', [{ ...FIRST, item: [THEN] }], [say('a', yes(false))]],
  ['the answer that holds it, and calls for more', [{ ...FIRST, item: [THEN] }], [say('a', yes(true))], ANSWER],
  [
    'what a group that is not asked for requires',
    [FIRST, group('g', [ask('string', { required: true })], { enableWhen: THEN.enableWhen })],
    [say('a', yes(false)), { linkId: 'g' }],
  ],
  [
    'answers in a group that is not asked for',
    [FIRST, group('g', [ask('string')], { enableWhen: THEN.enableWhen })],
    [say('a', yes(false)), { linkId: 'g', item: [say('q', text('x'))] }],
    at('.item[1]'),
  ],
]

describe('validate / questions', () => sections({ PLACE, COUNT, ENABLED }))

describe('validate / the questionnaire of a response', () => {
  const FORM = form([ask('integer')], { version: '2' })
  const wrong = [say('q', text('x'))]

  it('is of the version that is named', async () => {
    assert.deepEqual(await judge([FORM], reply(wrong, { questionnaire: `${URL}|2` })), [VALUE('string')])
    const other = await judge([FORM], reply(wrong, { questionnaire: `${URL}|1` }))
    assert.deepEqual(other, ['warning questionnaire-unknown QuestionnaireResponse.questionnaire'])
  })

  it('may be contained', async () => {
    const contained = [
      { resourceType: 'Questionnaire', id: 'f', name: 'Form', status: 'active', item: [ask('integer')] },
    ]
    assert.deepEqual(await judge([], reply(wrong, { questionnaire: '#f', contained })), [VALUE('string')])
    assert.deepEqual(await judge([], reply([say('q', int(1))], { questionnaire: '#f', contained })), [])
  })

  it('may have a value set contained beside it', async () => {
    const item = [ask('choice', { answerValueSet: '#v' })]
    const set = {
      resourceType: 'ValueSet',
      id: 'v',
      name: 'Set',
      status: 'active',
      compose: { include: [{ valueSet: ['urn:set'] }] },
    }
    const contained = [{ resourceType: 'Questionnaire', id: 'f', name: 'Form', status: 'active', item }, set]
    const response = { questionnaire: '#f', contained }
    assert.deepEqual(await judge([], reply([say('q', code('a'))], response)), [])
    assert.deepEqual(await judge([], reply([say('q', code('b'))], response)), [VALUE('Coding')])
  })

  it('does not bring a pattern that takes for ever', async () => {
    const item = [ask('string', extension(['regex', text('(a+)+b|\\1')]))]
    const contained = [{ resourceType: 'Questionnaire', id: 'f', name: 'Form', status: 'active', item }]
    const response = reply([say('q', text('a'.repeat(60)))], { questionnaire: '#f', contained })
    assert.deepEqual(await judge([], response), [warn(VALUE('string'))])
  })

  it('says when it is in use, and of whom', async () => {
    const FRAME = form([ask('integer')], { effectivePeriod: { start: '2020', end: '2021' }, subjectType: ['Patient'] })
    const answers = [say('q', int(1))]
    for (const authored of ['2020-01-01', '2021-12-31'])
      assert.deepEqual(await judge([FRAME], reply(answers, { authored })), [])
    for (const authored of ['2019-12-31', '2022'])
      assert.deepEqual(await judge([FRAME], reply(answers, { authored })), [warn(at('.authored'))])
    assert.deepEqual(await judge([FRAME], reply(answers, { subject: { reference: 'Group/1' } })), [
      warn(at('.subject')),
    ])
  })

  it('is asked for inside a Bundle, too', async () => {
    const bundle = {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ fullUrl: 'https://a.example/fhir/QuestionnaireResponse/1', resource: { id: '1', ...reply(wrong) } }],
    }
    assert.deepEqual(await judge([FORM], bundle), [
      'questionnaire-mismatch Bundle.entry[0].resource.item[0].answer[0].value.ofType(string)',
    ])
  })
})
