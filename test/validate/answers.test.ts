/** What answers may be. https://hl7.org/fhir/R4/questionnaire.html, https://hl7.org/fhir/R4/questionnaire-profiles.html */
import type { JsonObject } from '../../server/fhir/types.ts'
import assert from 'node:assert/strict'
import { parseJson } from '../../server/fhir/json.ts'
import {
  ANSWER,
  questionItem,
  at,
  code,
  extension,
  form,
  int,
  checkResponse,
  km,
  metre,
  responseTo,
  answerItem,
  sections,
  text,
  VALUE,
  warn,
  yes,
  type QuestionnaireCase,
} from './questionnaire-cases.ts'

const OPTIONS = { answerOption: [code('a'), code('b')] }
const EXCLUSIVE = {
  repeats: true,
  answerOption: [code('a'), { ...code('b'), ...extension(['questionnaire-optionExclusive', yes(true)]) }],
}
const CHOICE: readonly QuestionnaireCase[] = [
  ...['choice', 'open-choice'].flatMap((type): QuestionnaireCase[] => [
    [`an option of a ${type}`, [questionItem(type, OPTIONS)], [answerItem('q', code('a'))]],
    [`no option of a ${type}`, [questionItem(type, OPTIONS)], [answerItem('q', code('c'))], VALUE('Coding')],
    [
      `an option of a ${type} without its system`,
      [questionItem(type, OPTIONS)],
      [answerItem('q', { valueCoding: { code: 'a' } })],
      VALUE('Coding'),
    ],
    [
      `a code of the value set of a ${type}`,
      [questionItem(type, { answerValueSet: 'urn:set' })],
      [answerItem('q', code('a'))],
    ],
    [
      `a code outside the value set of a ${type}`,
      [questionItem(type, { answerValueSet: 'urn:set' })],
      [answerItem('q', code('b'))],
      VALUE('Coding'),
    ],
    [
      `a display alone for the value set of a ${type}`,
      [questionItem(type, { answerValueSet: 'urn:set' })],
      [answerItem('q', { valueCoding: { display: 'A' } })],
      VALUE('Coding'),
    ],
    [
      `a code of the contained value set of a ${type}`,
      [questionItem(type, { answerValueSet: '#in' })],
      [answerItem('q', code('a'))],
    ],
    [
      `a code outside the contained value set of a ${type}`,
      [questionItem(type, { answerValueSet: '#in' })],
      [answerItem('q', code('b'))],
      VALUE('Coding'),
    ],
    [
      `a value set of a ${type} that is not available`,
      [questionItem(type, { answerValueSet: '#out' })],
      [answerItem('q', code('b'))],
      'warning code-unchecked QuestionnaireResponse.item[0].answer[0].value.ofType(Coding)',
    ],
    [
      `what is neither code nor text for a ${type}`,
      [questionItem(type, OPTIONS)],
      [answerItem('q', yes(true))],
      VALUE('boolean'),
    ],
  ]),
  [
    'a number among the options',
    [questionItem('choice', { answerOption: [int(1), int(2)] })],
    [answerItem('q', int(2))],
  ],
  [
    'a number that is not among them',
    [questionItem('choice', { answerOption: [int(1), int(2)] })],
    [answerItem('q', int(3))],
    VALUE('integer'),
  ],
  [
    'a reference among the options',
    [questionItem('choice', { answerOption: [{ valueReference: { reference: 'Patient/1' } }] })],
    [answerItem('q', { valueReference: { reference: 'Patient/1', display: 'P' } })],
  ],
  ['an option that excludes others, alone', [questionItem('choice', EXCLUSIVE)], [answerItem('q', code('b'))]],
  [
    'an option that excludes others, among them',
    [questionItem('choice', EXCLUSIVE)],
    [answerItem('q', code('a'), code('b'))],
    at('.item[0].answer[1]'),
  ],
]

const range = (min: JsonObject | undefined, max: JsonObject | undefined): JsonObject =>
  extension(...(min ? [['minValue', min] as const] : []), ...(max ? [['maxValue', max] as const] : []))
const limit = (
  title: string,
  type: string,
  rule: JsonObject,
  answer: JsonObject,
  ...expected: string[]
): QuestionnaireCase => [title, [questionItem(type, rule)], [answerItem('q', answer)], ...expected]
const date = (valueDate: string): JsonObject => ({ valueDate })
const moment = (valueDateTime: string): JsonObject => ({ valueDateTime })
const LIMITS: readonly QuestionnaireCase[] = [
  limit('a number at its bounds', 'integer', range(int(2), int(2)), int(2)),
  limit('a number below its least', 'integer', range(int(2), int(5)), int(1), VALUE('integer')),
  limit(
    'a number above its most',
    'decimal',
    range(undefined, { valueDecimal: 1.5 }),
    { valueDecimal: 1.6 },
    VALUE('decimal'),
  ),
  limit(
    'a number below one of another type',
    'integer',
    range({ valueDecimal: 2.5 }, undefined),
    int(2),
    VALUE('integer'),
  ),
  limit('a day within its bounds', 'date', range(date('2020'), date('2022')), date('2022-12-31')),
  limit('a day before them', 'date', range(date('2020'), date('2022')), date('2019-12-31'), VALUE('date')),
  limit('a day after them', 'date', range(date('2020'), date('2022')), date('2023-01-01'), VALUE('date')),
  limit(
    'a moment, in another zone',
    'dateTime',
    range(moment('2020-01-01T10:00:00Z'), undefined),
    moment('2020-01-01T09:30:00-05:00'),
  ),
  limit(
    'a moment too early, in another zone',
    'dateTime',
    range(moment('2020-01-01T10:00:00Z'), undefined),
    moment('2020-01-01T11:30:00+05:00'),
    VALUE('dateTime'),
  ),
  limit(
    'a time too early',
    'time',
    range({ valueTime: '10:00:00' }, undefined),
    { valueTime: '09:59:59' },
    VALUE('time'),
  ),
  limit('a text of the length that is taken', 'text', { maxLength: 3 }, text('a😀b')),
  limit('a text that is too long', 'text', { maxLength: 3 }, text('abcd'), VALUE('string')),
  limit('an address that is too long', 'url', { maxLength: 3 }, { valueUri: 'http://a.example' }, VALUE('uri')),
  limit('a text that is too short', 'string', extension(['minLength', int(3)]), text('ab'), VALUE('string')),
  limit('a text of two lines where one is allowed', 'string', {}, text('a\nb'), warn(VALUE('string'))),
  limit('a text of two lines', 'text', {}, text('a\nb')),
  limit('a text of the required form', 'string', extension(['regex', text('[0-9]{3}')]), text('123')),
  limit(
    'a text of which a part has the form',
    'string',
    extension(['regex', text('[0-9]{3}')]),
    text('1234'),
    VALUE('string'),
  ),
  limit('a form that is none', 'string', extension(['regex', text('[0-9')]), text('1'), warn(VALUE('string'))),
]

const amount = (valueQuantity: JsonObject): JsonObject => ({ valueQuantity })
const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-'
const least = extension([`${SDC}minQuantity`, amount(km(1))])
const units = extension([
  'questionnaire-unitOption',
  { valueCoding: { system: 'http://unitsofmeasure.org', code: 'km' } },
])
const unitSet = extension(['questionnaire-unitValueSet', { valueCanonical: 'urn:set' }])
const QUANTITIES: readonly QuestionnaireCase[] = [
  limit('a quantity of the least', 'quantity', least, amount(metre(1000))),
  limit('a quantity below the least, in another unit', 'quantity', least, amount(metre(999)), VALUE('Quantity')),
  limit(
    'a quantity above the most',
    'quantity',
    extension([`${SDC}maxQuantity`, amount(metre(5))]),
    amount(km(1)),
    VALUE('Quantity'),
  ),
  limit('a quantity of something else', 'quantity', least, amount({ ...km(5), code: 'kg' }), VALUE('Quantity')),
  limit(
    'a quantity without a coded unit',
    'quantity',
    least,
    amount({ value: 5, unit: 'km' }),
    warn(VALUE('Quantity')),
  ),
  limit('a unit to choose', 'quantity', units, amount(km(1))),
  limit('a unit that is not to choose', 'quantity', units, amount(metre(1)), VALUE('Quantity')),
  limit('a unit of the value set', 'quantity', unitSet, amount({ value: 1, system: 'urn:x', code: 'a' })),
  limit('a unit outside the value set', 'quantity', unitSet, amount(km(1)), VALUE('Quantity')),
]

const file = (valueAttachment: JsonObject): JsonObject => ({ valueAttachment })
const png = extension(['mimeType', { valueCode: 'image/png' }], ['mimeType', { valueCode: 'text/plain' }])
const small = extension(['maxSize', { valueDecimal: 3 }])
const point = (reference: string): JsonObject => ({ valueReference: { reference } })
const people = extension(
  ['questionnaire-referenceResource', { valueCode: 'Patient' }],
  ['questionnaire-referenceResource', { valueCode: 'Practitioner' }],
)
const patients = extension([
  'questionnaire-referenceProfile',
  { valueCanonical: 'http://hl7.org/fhir/StructureDefinition/Patient' },
])
const FILES: readonly QuestionnaireCase[] = [
  limit(
    'a file of a type that is taken',
    'attachment',
    png,
    file({ contentType: 'text/plain; charset=utf-8', data: 'AAAA' }),
  ),
  limit('a file of another type', 'attachment', png, file({ contentType: 'image/gif', data: 'AAAA' }), ANSWER),
  limit('a file that does not say its type', 'attachment', png, file({ url: 'http://a.example/b' }), ANSWER),
  limit('a file of the size that is taken', 'attachment', small, file({ contentType: 'image/gif', data: 'AAAA' })),
  limit('a file that is too large', 'attachment', small, file({ contentType: 'image/gif', data: 'AAAAAA==' }), ANSWER),
  limit(
    'a file elsewhere that is too large',
    'attachment',
    small,
    file({ contentType: 'image/gif', size: 4, url: 'http://a.example/b' }),
    ANSWER,
  ),
  limit('a reference to a type that is taken', 'reference', people, point('Practitioner/1')),
  limit(
    'a reference to another type',
    'reference',
    people,
    point('https://a.example/fhir/Group/1'),
    VALUE('Reference'),
  ),
  limit(
    'a reference that says another type',
    'reference',
    people,
    { valueReference: { type: 'Group', display: 'x' } },
    VALUE('Reference'),
  ),
  limit(
    'a reference whose type is unknown',
    'reference',
    people,
    point('urn:uuid:c757873d-ec9a-4326-a141-556f43239520'),
  ),
  limit(
    'a reference to no type of FHIR',
    'reference',
    {},
    point('https://a.example/Chicken/1'),
    'reference-type QuestionnaireResponse.item[0].answer[0].value.ofType(Reference)',
  ),
  limit(
    'a reference that is none',
    'reference',
    {},
    point('ht tp://a.example/Patient/1'),
    'reference-format QuestionnaireResponse.item[0].answer[0].value.ofType(Reference)',
  ),
  limit('a reference to what has another profile', 'reference', patients, point('Group/1'), VALUE('Reference')),
  limit('a reference to what may have the profile', 'reference', patients, point('Patient/1')),
]

describe('validate / answers', () => {
  sections({ CHOICE, LIMITS, QUANTITIES, FILES })

  it('count decimal places as they were written', async () => {
    const places = form([questionItem('decimal', extension(['maxDecimalPlaces', int(2)]))])
    for (const [written, isTaken] of [
      ['1.25', true],
      ['1.250', false],
      ['1e2', true],
      ['1.5e-2', false],
    ] as const) {
      const source = JSON.stringify(responseTo([answerItem('q', { valueDecimal: 0 })])).replace(
        '"valueDecimal":0',
        `"valueDecimal":${written}`,
      )
      assert.deepEqual(
        await checkResponse([places], parseJson(source).value as JsonObject),
        isTaken ? [] : [VALUE('decimal')],
        written,
      )
    }
  })
})
