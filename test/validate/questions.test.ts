/** Which items a response has, where, how often, and when. https://hl7.org/fhir/R4/questionnaireresponse.html */
import type { JsonObject } from '../../server/fhir/types.ts'
import assert from 'node:assert/strict'
import {
  ANSWER,
  questionItem,
  at,
  code,
  extension,
  form,
  group,
  int,
  checkResponse,
  km,
  metre,
  responseTo,
  answerItem,
  sections,
  text,
  URL,
  VALUE,
  warn,
  yes,
  type QuestionnaireCase,
} from './questionnaire-cases.ts'

const group1 = group('g', [questionItem('string')])
const PLACE: readonly QuestionnaireCase[] = [
  [
    'items in the order of the questions',
    [questionItem('string', {}, 'a'), questionItem('string', {}, 'b')],
    [answerItem('a', text('x')), answerItem('b', text('x'))],
  ],
  [
    'items in another order',
    [questionItem('string', {}, 'a'), questionItem('string', {}, 'b')],
    [answerItem('b', text('x')), answerItem('a', text('x'))],
    at('.item[1]'),
  ],
  [
    'an item of a group outside it',
    [group1, questionItem('string', {}, 'b')],
    [answerItem('q', text('x'))],
    at('.item[0]'),
  ],
  [
    'a repeated question in several items',
    [questionItem('string', { repeats: true })],
    [answerItem('q', text('x')), answerItem('q', text('y'))],
  ],
  [
    'a group twice that does not repeat',
    [group1],
    [1, 2].map(() => ({ linkId: 'g', item: [answerItem('q', text('x'))] })),
    at('.item[1]'),
  ],
  ['a group with answers', [group1], [answerItem('g', text('x'))], at('.item[0]')],
  ['a group without items', [group1], [{ linkId: 'g' }]],
  ['a required group without items', [{ ...group1, required: true }], [{ linkId: 'g' }], at('.item[0]')],
  ['a required group that is missing', [{ ...group1, required: true }], [{ linkId: 'g' }].slice(1), at('')],
  ['what an absent group requires', [group('g', [questionItem('string', { required: true })])], []],
  [
    'what a present group requires',
    [group('g', [questionItem('string', { required: true })])],
    [{ linkId: 'g' }],
    at('.item[0]'),
  ],
  ['a text to show', [questionItem('display')], [{ linkId: 'q' }]],
  [
    'items below a text to show',
    [questionItem('display'), questionItem('string', {}, 'b')],
    [{ linkId: 'q', item: [answerItem('b', text('x'))] }],
    at('.item[0]'),
  ],
  [
    'items inside an answer',
    [questionItem('string', { item: [questionItem('string', {}, 'b')] })],
    [answerItem('q', { ...text('x'), item: [answerItem('b', text('y'))] })],
  ],
  [
    'items beside an answer',
    [questionItem('string', { item: [questionItem('string', {}, 'b')] })],
    [{ linkId: 'q', item: [answerItem('b', text('y'))] }],
    at('.item[0]'),
  ],
  [
    'what an answer requires below it',
    [questionItem('string', { item: [questionItem('string', { required: true }, 'b')] })],
    [answerItem('q', text('x'))],
    ANSWER,
  ],
  [
    'the text of the question',
    [questionItem('string', { text: 'Why?' })],
    [{ ...answerItem('q', text('x')), text: 'Why?' }],
  ],
  [
    'another text than the question has',
    [questionItem('string', { text: 'Why?' })],
    [{ ...answerItem('q', text('x')), text: 'How?' }],
    at('.item[0]'),
  ],
  [
    'the text of the question as it is translated',
    [
      questionItem('string', {
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
    [{ ...answerItem('q', text('x')), text: 'Pourquoi?' }],
  ],
]

const occurs = (name: string, count: number, more: JsonObject): JsonObject => ({
  ...extension([`questionnaire-${name}`, int(count)]),
  repeats: true,
  ...more,
})
const COUNT: readonly QuestionnaireCase[] = [
  [
    'as many answers as are required',
    [questionItem('string', occurs('minOccurs', 2, {}))],
    [answerItem('q', text('x'), text('y'))],
  ],
  [
    'fewer answers than required',
    [questionItem('string', occurs('minOccurs', 2, {}))],
    [answerItem('q', text('x'))],
    at('.item[0]'),
  ],
  ['fewer answers, when there are none', [questionItem('string', occurs('minOccurs', 2, {}))], []],
  [
    'as many answers as are taken',
    [questionItem('string', occurs('maxOccurs', 2, {}))],
    [answerItem('q', text('x'), text('y'))],
  ],
  [
    'more answers than are taken',
    [questionItem('string', occurs('maxOccurs', 1, {}))],
    [answerItem('q', text('x'), text('y'))],
    at('.item[0]'),
  ],
  [
    'more groups than are taken',
    [{ ...group1, ...occurs('maxOccurs', 1, {}) }],
    [{ linkId: 'g' }, { linkId: 'g' }],
    at(''),
  ],
  ['fewer groups than required', [{ ...group1, ...occurs('minOccurs', 2, {}) }], [{ linkId: 'g' }], at('')],
]

/** `b` is required where the condition holds. */
const when = (type: string, operator: string, answer: JsonObject, more: JsonObject = {}): readonly JsonObject[] => [
  questionItem(type, more, 'a'),
  questionItem('string', { required: true, enableWhen: [{ question: 'a', operator, ...answer }] }, 'b'),
]
const two = (enableBehavior: string): readonly JsonObject[] => [
  questionItem('boolean', {}, 'a'),
  questionItem('boolean', {}, 'c'),
  questionItem(
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
const enabledWhen = (
  operator: string,
  expected: number,
  given: readonly number[],
  isEnabled: boolean,
): QuestionnaireCase => [
  `${isEnabled ? 'an enabled question, since' : 'a disabled question, since not'} ${given.join(' or ')} ${operator} ${expected}`,
  when('integer', operator, { answerInteger: expected }, { repeats: true }),
  given.length > 0 ? [answerItem('a', ...given.map(int))] : [],
  ...(isEnabled ? [at('')] : []),
]
const ENABLED: readonly QuestionnaireCase[] = [
  ...[1, 2, 3].flatMap((given) => [
    enabledWhen('=', 2, [given], given === 2),
    enabledWhen('!=', 2, [given], given !== 2),
    enabledWhen('>', 2, [given], given > 2),
    enabledWhen('<', 2, [given], given < 2),
    enabledWhen('>=', 2, [given], given >= 2),
    enabledWhen('<=', 2, [given], given <= 2),
  ]),
  ...['=', '!=', '>', '<', '>=', '<='].map((operator) => enabledWhen(operator, 2, [], false)),
  enabledWhen('=', 2, [1, 2], true),
  enabledWhen('!=', 2, [1, 2], true),
  enabledWhen('!=', 2, [2, 2], false),
  [
    'a question that an answer enables',
    when('integer', 'exists', { answerBoolean: true }),
    [answerItem('a', int(1))],
    at(''),
  ],
  ['a question that only an answer enables', when('integer', 'exists', { answerBoolean: true }), []],
  ['a question that a missing answer enables', when('integer', 'exists', { answerBoolean: false }), [], at('')],
  [
    'a question that only a missing answer enables',
    when('integer', 'exists', { answerBoolean: false }),
    [answerItem('a', int(1))],
  ],
  ['any of two conditions', two('any'), [answerItem('a', yes(true)), answerItem('c', yes(false))], at('')],
  ['none of two conditions', two('any'), [answerItem('a', yes(false)), answerItem('c', yes(false))]],
  ['one of two conditions that must both hold', two('all'), [answerItem('a', yes(true)), answerItem('c', yes(false))]],
  ['both conditions', two('all'), [answerItem('a', yes(true)), answerItem('c', yes(true))], at('')],
  [
    'a coding, whatever its display',
    when('open-choice', '=', { answerCoding: { system: 'urn:x', code: 'a', display: 'A' } }),
    [answerItem('a', code('a'))],
    at(''),
  ],
  [
    'the code of another system',
    when('open-choice', '=', { answerCoding: { system: 'urn:y', code: 'a' } }),
    [answerItem('a', code('a'))],
  ],
  [
    'a quantity in another unit',
    when('quantity', '>=', { answerQuantity: metre(1000) }),
    [answerItem('a', { valueQuantity: km(1) })],
    at(''),
  ],
  [
    'a date before another',
    when('date', '<', { answerDate: '2020-02-01' }),
    [answerItem('a', { valueDate: '2020-01-31' })],
    at(''),
  ],
  [
    'answers of the same group',
    GROUPS,
    [
      { linkId: 'g', item: [answerItem('a', yes(true)), answerItem('b', text('x'))] },
      { linkId: 'g', item: [answerItem('a', yes(false))] },
    ],
  ],
  [
    'answers of another group',
    GROUPS,
    [
      { linkId: 'g', item: [answerItem('a', yes(true))] },
      { linkId: 'g', item: [answerItem('a', yes(false)), answerItem('b', text('x'))] },
    ],
    at('.item[0]'),
    at('.item[1].item[1]'),
  ],
  ['the answer that holds it', [{ ...FIRST, item: [THEN] }], [answerItem('a', yes(false))]],
  ['the answer that holds it, and calls for more', [{ ...FIRST, item: [THEN] }], [answerItem('a', yes(true))], ANSWER],
  [
    'what a disabled group requires',
    [FIRST, group('g', [questionItem('string', { required: true })], { enableWhen: THEN.enableWhen })],
    [answerItem('a', yes(false)), { linkId: 'g' }],
  ],
  [
    'answers in a disabled group',
    [FIRST, group('g', [questionItem('string')], { enableWhen: THEN.enableWhen })],
    [answerItem('a', yes(false)), { linkId: 'g', item: [answerItem('q', text('x'))] }],
    at('.item[1]'),
  ],
]

describe('validate / questions', () => sections({ PLACE, COUNT, ENABLED }))

describe('validate / the questionnaire of a response', () => {
  const FORM = form([questionItem('integer')], { version: '2' })
  const wrong = [answerItem('q', text('x'))]

  it('is of the version that is named', async () => {
    assert.deepEqual(await checkResponse([FORM], responseTo(wrong, { questionnaire: `${URL}|2` })), [VALUE('string')])
    const other = await checkResponse([FORM], responseTo(wrong, { questionnaire: `${URL}|1` }))
    assert.deepEqual(other, ['warning questionnaire-unknown QuestionnaireResponse.questionnaire'])
  })

  it('may be contained', async () => {
    const contained = [
      { resourceType: 'Questionnaire', id: 'f', name: 'Form', status: 'active', item: [questionItem('integer')] },
    ]
    assert.deepEqual(await checkResponse([], responseTo(wrong, { questionnaire: '#f', contained })), [VALUE('string')])
    assert.deepEqual(
      await checkResponse([], responseTo([answerItem('q', int(1))], { questionnaire: '#f', contained })),
      [],
    )
  })

  it('may have a value set contained beside it', async () => {
    const item = [questionItem('choice', { answerValueSet: '#v' })]
    const set = {
      resourceType: 'ValueSet',
      id: 'v',
      name: 'Set',
      status: 'active',
      compose: { include: [{ valueSet: ['urn:set'] }] },
    }
    const contained = [{ resourceType: 'Questionnaire', id: 'f', name: 'Form', status: 'active', item }, set]
    const response = { questionnaire: '#f', contained }
    assert.deepEqual(await checkResponse([], responseTo([answerItem('q', code('a'))], response)), [])
    assert.deepEqual(await checkResponse([], responseTo([answerItem('q', code('b'))], response)), [VALUE('Coding')])
  })

  it('does not bring a pattern that takes for ever', async () => {
    const item = [questionItem('string', extension(['regex', text('(a+)+b|\\1')]))]
    const contained = [{ resourceType: 'Questionnaire', id: 'f', name: 'Form', status: 'active', item }]
    const response = responseTo([answerItem('q', text('a'.repeat(60)))], { questionnaire: '#f', contained })
    assert.deepEqual(await checkResponse([], response), [warn(VALUE('string'))])
  })

  it('says when it is in use, and of whom', async () => {
    const FRAME = form([questionItem('integer')], {
      effectivePeriod: { start: '2020', end: '2021' },
      subjectType: ['Patient'],
    })
    const answers = [answerItem('q', int(1))]
    for (const authored of ['2020-01-01', '2021-12-31'])
      assert.deepEqual(await checkResponse([FRAME], responseTo(answers, { authored })), [])
    for (const authored of ['2019-12-31', '2022'])
      assert.deepEqual(await checkResponse([FRAME], responseTo(answers, { authored })), [warn(at('.authored'))])
    assert.deepEqual(await checkResponse([FRAME], responseTo(answers, { subject: { reference: 'Group/1' } })), [
      warn(at('.subject')),
    ])
  })

  it('is checked inside a Bundle, too', async () => {
    const bundle = {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [
        { fullUrl: 'https://a.example/fhir/QuestionnaireResponse/1', resource: { id: '1', ...responseTo(wrong) } },
      ],
    }
    assert.deepEqual(await checkResponse([FORM], bundle), [
      'questionnaire-mismatch Bundle.entry[0].resource.item[0].answer[0].value.ofType(string)',
    ])
  })
})
