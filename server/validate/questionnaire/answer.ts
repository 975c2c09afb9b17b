/** One answer against its question: the type of its value, then the rules of the question. */
import type { Violation } from '../violation.ts'
import {
  list,
  mismatch,
  NO_VIOLATIONS,
  type ResponseContext,
  type AnswerCheck,
  type QuestionRule,
} from './question-rule.ts'
import { attachmentRule } from './rules/attachment.ts'
import { decimalRule, lengthRule, rangeRule } from './rules/limits.ts'
import { optionRule } from './rules/options.ts'
import { quantityRangeRule, unitRule } from './rules/quantity.ts'
import { referenceRule } from './rules/reference.ts'
import { lineRule, patternRule } from './rules/text.ts'
import { valueSetRule } from './rules/value-set.ts'
import { objects, valueKey, type ResponseAnswer, type Question } from './questionnaire-types.ts'

/** In the order of their issues. */
const RULES: readonly QuestionRule[] = [
  lengthRule,
  lineRule,
  patternRule,
  rangeRule,
  decimalRule,
  quantityRangeRule,
  unitRule,
  attachmentRule,
  referenceRule,
  optionRule,
  valueSetRule,
]

/** The properties that carry the answer to each type of question. https://hl7.org/fhir/R4/valueset-item-type.html */
const ANSWER_PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  boolean: ['valueBoolean'],
  decimal: ['valueDecimal'],
  integer: ['valueInteger'],
  date: ['valueDate'],
  dateTime: ['valueDateTime'],
  time: ['valueTime'],
  string: ['valueString'],
  text: ['valueString'],
  url: ['valueUri'],
  choice: ['valueCoding'],
  'open-choice': ['valueCoding', 'valueString'],
  attachment: ['valueAttachment'],
  reference: ['valueReference'],
  quantity: ['valueQuantity'],
}

/** Violations, with pointers relative to the answer. */
export function answerViolations(
  answer: ResponseAnswer,
  question: Question,
  response: ResponseContext,
): readonly Violation[] {
  const key = valueKey(answer)
  if (key === undefined) return NO_VIOLATIONS
  const { allowed, checks } = prepareQuestion(question)
  if (allowed.length > 0 && !allowed.includes(key)) {
    const text = `{at}: the question \`${question.linkId}\` is answered with ${list(allowed)}, not with \`${key}\`.`
    return [mismatch(`/${key}`, text)]
  }
  const value = answer[key]
  return checks.flatMap((check) => check(value, { key, answer }, response))
}

/** A prepared question: the properties that may hold an answer, and the checks of its value. */
export type PreparedQuestion = { readonly allowed: readonly string[]; readonly checks: readonly AnswerCheck[] }

/** A cache: each question is prepared once. */
const preparedQuestions = new WeakMap<Question, PreparedQuestion>()

export function prepareQuestion(question: Question): PreparedQuestion {
  const prepared = preparedQuestions.get(question) ?? {
    allowed: allowedKeys(question),
    checks: RULES.flatMap((rule) => rule(question) ?? []),
  }
  preparedQuestions.set(question, prepared)
  return prepared
}

// The options of a choice may be of other types than Coding.
function allowedKeys(question: Question): readonly string[] {
  const type = question.type ?? ''
  const own = (Object.hasOwn(ANSWER_PROPERTIES, type) ? ANSWER_PROPERTIES[type] : undefined) ?? []
  const options = objects(question.answerOption).flatMap((option) => valueKey(option) ?? [])
  return [...new Set([...own, ...options])]
}
