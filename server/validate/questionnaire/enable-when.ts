/** Is a question enabled? https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen */
import type { JsonObject } from '../../fhir/types.ts'
import { isSameValue, compareValues } from './compare.ts'
import {
  objects,
  valueKey,
  type ResponseAnswer,
  type EnableWhen,
  type ResponseItem,
  type Question,
} from './questionnaire-types.ts'

/** The part of a response that holds items: the response, a group or an answer, and the scopes around it. */
export type ItemScope = {
  readonly holder: JsonObject
  /** The item that is the holder, or to which the holder is an answer. */
  readonly item?: ResponseItem
  readonly above?: ItemScope
}

/** All answers below a holder, by linkId. */
type AnswerIndex = ReadonlyMap<string, readonly ResponseAnswer[]>

/** Answers a test for the questions of one response; it indexes each part of the response once. */
export function createEnableWhen(): (question: Question, scope: ItemScope) => boolean {
  const indexes = new WeakMap<JsonObject, AnswerIndex>()
  const indexOf = (holder: JsonObject): AnswerIndex => {
    const index = indexes.get(holder) ?? indexAnswers(holder, indexOf)
    indexes.set(holder, index)
    return index
  }
  return (question, scope) => {
    const conditions = objects<EnableWhen>(question.enableWhen)
    if (conditions.length === 0) return true
    const met = (condition: EnableWhen): boolean =>
      isMet(condition, answersTo(condition.question ?? '', scope, indexOf))
    return question.enableBehavior === 'any' ? conditions.some(met) : conditions.every(met)
  }
}

function indexAnswers(holder: JsonObject, indexOf: (holder: JsonObject) => AnswerIndex): AnswerIndex {
  const found = new Map<string, ResponseAnswer[]>()
  const add = (linkId: string, answers: readonly ResponseAnswer[]): void => {
    const before = found.get(linkId)
    if (before) for (const answer of answers) before.push(answer)
    else found.set(linkId, [...answers])
  }
  for (const item of objects<ResponseItem>(holder.item)) {
    const answers = objects<ResponseAnswer>(item.answer)
    if (typeof item.linkId === 'string') add(item.linkId, answers)
    for (const inner of [item, ...answers]) for (const [linkId, more] of indexOf(inner)) add(linkId, more)
  }
  return found
}

/**
 * Of several items with the linkId the nearest counts: the one whose answer holds the scope, else the one in the smallest
 * part of the response around the scope.
 */
function answersTo(
  linkId: string,
  scope: ItemScope,
  indexOf: (holder: JsonObject) => AnswerIndex,
): readonly ResponseAnswer[] {
  for (let at: ItemScope | undefined = scope; at; at = at.above) {
    if (at.item?.linkId === linkId) return at.holder === at.item ? objects<ResponseAnswer>(at.item.answer) : [at.holder]
  }
  for (let at: ItemScope | undefined = scope; at; at = at.above) {
    const found = indexOf(at.holder).get(linkId)
    if (found) return found
  }
  return []
}

function isMet(condition: EnableWhen, answers: readonly ResponseAnswer[]): boolean {
  const given = answers.flatMap((answer) => {
    const key = valueKey(answer)
    return key === undefined ? [] : [answer[key]]
  })
  const key = valueKey(condition, 'answer')
  const expected = key === undefined ? undefined : condition[key]
  if (condition.operator === 'exists') return given.length > 0 === (expected === true)
  const test = OPERATORS.get(condition.operator)
  return test !== undefined && given.some((value) => test(value, expected))
}

type AnswerComparison = (given: unknown, expected: unknown) => boolean

const ordered =
  (test: (difference: number) => boolean): AnswerComparison =>
  (given, expected) => {
    const difference = compareValues(given, expected)
    return difference !== undefined && test(difference)
  }

/** https://hl7.org/fhir/R4/valueset-questionnaire-enable-operator.html */
const OPERATORS: ReadonlyMap<unknown, AnswerComparison> = new Map(
  Object.entries<AnswerComparison>({
    '=': isSameValue,
    '!=': (given, expected) => !isSameValue(given, expected),
    '>': ordered((difference) => difference > 0),
    '<': ordered((difference) => difference < 0),
    '>=': ordered((difference) => difference >= 0),
    '<=': ordered((difference) => difference <= 0),
  }),
)
