/** How often a question is answered, and how often a group occurs. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.required */
import type { JsonObject } from '../../fhir/types.ts'
import type { Violation } from '../violation.ts'
import { mismatch, warning, type ResponseContext } from './question-rule.ts'
import {
  extensionNumber,
  extensionValues,
  objects,
  valueKey,
  type ResponseItem,
  type Question,
} from './questionnaire-types.ts'

/** An item of the response, and the JSON pointer to it. */
export type GivenItem = { readonly item: ResponseItem; readonly at: string }

type OccurrenceCheck = {
  readonly scope: { readonly at: string }
  readonly isEnabled: boolean
  readonly response: ResponseContext
}

/** Checks required, repeats, minOccurs and maxOccurs; of a question that is not enabled only repeats. */
export function occurrenceViolations(
  question: Question,
  given: readonly GivenItem[],
  check: OccurrenceCheck,
): readonly Violation[] {
  const violations = question.repeats === true ? [] : repeatedViolations(question, given)
  if (!check.isEnabled || question.type === 'display') return violations
  return [...violations, ...requiredViolations(question, given, check), ...countViolations(question, given, check)]
}

function repeatedViolations({ linkId }: Question, given: readonly GivenItem[]): Violation[] {
  return given.slice(1).map(({ at }) => mismatch(at, `{at}: the item \`${linkId}\` occurs more than once.`))
}

/** A warning in a response that is not complete yet. */
function requiredViolations(
  question: Question,
  given: readonly GivenItem[],
  { scope, response }: OccurrenceCheck,
): Violation[] {
  if (question.required !== true) return []
  const violation = response.isComplete ? mismatch : warning
  const name = `\`${question.linkId}\``
  const [what, holds] = question.type === 'group' ? ['group', 'item'] : ['question', 'answer']
  if (given.length === 0) {
    const missing = question.type === 'group' ? 'missing' : 'not answered'
    return [violation(scope.at, `{at}: the required ${what} ${name} is ${missing}.`)]
  }
  return given
    .filter(({ item }) => objects(item[holds as 'answer']).length === 0)
    .map(({ at }) => violation(at, `{at}: the required ${what} ${name} has no ${holds}.`))
}

function countViolations(question: Question, given: readonly GivenItem[], { scope }: OccurrenceCheck): Violation[] {
  const [first] = given
  if (!first) return []
  const isGroup = question.type === 'group'
  const answers = given.flatMap(({ item, at }) => objects(item.answer).map((answer, index) => ({ answer, at, index })))
  const count = isGroup ? given.length : answers.length
  const what = isGroup ? 'group' : 'question'
  const violation = (text: string): Violation => mismatch(isGroup ? scope.at : first.at, `{at}: the ${what} ${text}.`)
  const [min, max] = ['minOccurs', 'maxOccurs'].map((name) => extensionNumber(question, `questionnaire-${name}`))
  const name = `\`${question.linkId}\``
  const violations: Violation[] = []
  if (question.repeats !== true && given.length === 1 && answers.length > 1)
    violations.push(violation(`${name} takes one answer, not ${answers.length}`))
  if (min !== undefined && count < min)
    violations.push(violation(`${name} occurs ${count} times; at least ${min} are required`))
  if (max !== undefined && count > max)
    violations.push(violation(`${name} occurs ${count} times; at most ${max} are allowed`))
  return count > 1 && !isGroup ? [...violations, ...exclusiveViolations(question, answers)] : violations
}

type GivenAnswer = { readonly answer: JsonObject; readonly at: string; readonly index: number }

/** The extension optionExclusive: the option excludes other answers. https://hl7.org/fhir/R4/extension-questionnaire-optionexclusive.html */
function exclusiveViolations(question: Question, answers: readonly GivenAnswer[]): Violation[] {
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
