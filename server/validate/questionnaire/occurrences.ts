/** How often a question is answered, and a group given. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.required */
import type { JsonObject } from '../../fhir/types.ts'
import type { Violation } from '../violation.ts'
import { mismatch, warning, type Asked } from './asked.ts'
import { extensionNumber, extensionValues, objects, valueKey, type Item, type Question } from './shapes.ts'

/** An item, and the pointer to it. */
export type Given = { readonly item: Item; readonly at: string }

type Setting = { readonly here: { readonly at: string }; readonly isEnabled: boolean; readonly asked: Asked }

/** Required, repeats, minOccurs and maxOccurs; nothing of a question that is not asked. */
export function occurrenceViolations(
  question: Question,
  given: readonly Given[],
  setting: Setting,
): readonly Violation[] {
  const violations = question.repeats === true ? [] : again(question, given)
  if (!setting.isEnabled || question.type === 'display') return violations
  return [...violations, ...requiredViolations(question, given, setting), ...countViolations(question, given, setting)]
}

function again({ linkId }: Question, given: readonly Given[]): Violation[] {
  return given.slice(1).map(({ at }) => mismatch(at, `{at}: the item \`${linkId}\` is there more than once.`))
}

/** Of a response that is still under way it is only told. */
function requiredViolations(question: Question, given: readonly Given[], { here, asked }: Setting): Violation[] {
  if (question.required !== true) return []
  const tell = asked.isComplete ? mismatch : warning
  const name = `\`${question.linkId}\``
  const [what, holds] = question.type === 'group' ? ['group', 'item'] : ['question', 'answer']
  if (given.length === 0) {
    const missing = question.type === 'group' ? 'missing' : 'not answered'
    return [tell(here.at, `{at}: the required ${what} ${name} is ${missing}.`)]
  }
  return given
    .filter(({ item }) => objects(item[holds as 'answer']).length === 0)
    .map(({ at }) => tell(at, `{at}: the required ${what} ${name} has no ${holds}.`))
}

function countViolations(question: Question, given: readonly Given[], { here }: Setting): Violation[] {
  const [first] = given
  if (!first) return []
  const isGroup = question.type === 'group'
  const answers = given.flatMap(({ item, at }) => objects(item.answer).map((answer, index) => ({ answer, at, index })))
  const count = isGroup ? given.length : answers.length
  const what = isGroup ? 'group' : 'question'
  const tell = (text: string): Violation => mismatch(isGroup ? here.at : first.at, `{at}: the ${what} ${text}.`)
  const [min, max] = ['minOccurs', 'maxOccurs'].map((name) => extensionNumber(question, `questionnaire-${name}`))
  const name = `\`${question.linkId}\``
  const violations: Violation[] = []
  if (question.repeats !== true && given.length === 1 && answers.length > 1)
    violations.push(tell(`${name} takes one answer, not ${answers.length}`))
  if (min !== undefined && count < min)
    violations.push(tell(`${name} is there ${count} times; at least ${min} are asked for`))
  if (max !== undefined && count > max)
    violations.push(tell(`${name} is there ${count} times; at most ${max} are taken`))
  return count > 1 && !isGroup ? [...violations, ...exclusiveViolations(question, answers)] : violations
}

type Place = { readonly answer: JsonObject; readonly at: string; readonly index: number }

/** The extension optionExclusive: with this option no other. https://hl7.org/fhir/R4/extension-questionnaire-optionexclusive.html */
function exclusiveViolations(question: Question, answers: readonly Place[]): Violation[] {
  const exclusive = new Set(
    objects(question.answerOption)
      .filter((option) => extensionValues(option, 'questionnaire-optionExclusive').includes(true))
      .map(optionKey),
  )
  return answers
    .filter(({ answer }) => exclusive.has(optionKey(answer)))
    .map(({ at, index }) =>
      mismatch(`${at}/answer/${index}`, `{at}: this option of \`${question.linkId}\` excludes every other answer.`),
    )
}

function optionKey(holder: JsonObject): string {
  const value = holder[valueKey(holder) ?? '']
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? ''
  const { system, code, reference } = value as JsonObject
  return code === undefined && reference === undefined
    ? JSON.stringify(value)
    : JSON.stringify([system, code, reference])
}
