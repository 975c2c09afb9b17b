/** Answers that do not fit their questionnaire. https://hl7.org/fhir/R4/questionnaireresponse.html */
import { add, isObject, replace, type Edit, type Mutator, type Site } from '../mutation.ts'

const answer: Mutator = {
  name: 'answers that do not fit',
  edit(site, { random }) {
    const isItem = site.path === 'QuestionnaireResponse.item' || site.path === 'QuestionnaireResponse.item.item'
    if (!isItem || site.isList || !isObject(site.value)) return undefined
    return random.pick(EDITS)(site, site.value)
  },
}

type AnswerChange = (site: Site, item: Readonly<Record<string, unknown>>) => readonly Edit[]

const EDITS: readonly AnswerChange[] = [
  (site) => [{ op: 'remove', path: site.at }],
  (site) => add(`${site.holder}/-`, site.value),
  (site) => add(`${site.at}/linkId`, 'no-such-question'),
  (site) => add(`${site.at}/text`, 'another question'),
  (site, item) => replace(site, { linkId: item.linkId }),
  (site) => add(`${site.at}/item`, [{ linkId: 'deeper', answer: [{ valueString: 'x' }] }]),
  ...[
    { valueString: 'x' },
    { valueBoolean: true },
    { valueInteger: 3 },
    { valueDate: '2026-03-01' },
    { valueDecimal: 1.25 },
    { valueCoding: { system: 'https://state.example/codes', code: 'x' } },
    { valueReference: { display: 'somebody' } },
    { valueQuantity: { value: 3 } },
    {},
  ].map(
    (value): AnswerChange =>
      ({ at }) =>
        add(`${at}/answer`, [value]),
  ),
  (site, item) =>
    add(
      `${site.at}/answer`,
      Array.isArray(item.answer) ? [...(item.answer as unknown[]), ...(item.answer as unknown[])] : [],
    ),
]

export const ANSWERS: readonly Mutator[] = [answer]
