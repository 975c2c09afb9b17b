/** Is a question asked? https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen */
import type { JsonObject } from '../../fhir/types.ts'
import { isSame, order } from './compare.ts'
import { objects, valueKey, type Answer, type Condition, type Item, type Question } from './shapes.ts'

/** Where questions are asked: in the response, a group or an answer, and what that is part of. */
export type Place = {
  readonly holder: JsonObject
  /** The item that the holder is, or whose answer it is. */
  readonly item?: Item
  readonly above?: Place
}

/** Answers by linkId, of all that is below a holder. */
type Index = ReadonlyMap<string, readonly Answer[]>

/** Reads each part of a response once. */
export function createEnabled(): (question: Question, place: Place) => boolean {
  const indexes = new WeakMap<JsonObject, Index>()
  const indexOf = (holder: JsonObject): Index => {
    const known = indexes.get(holder) ?? makeIndex(holder, indexOf)
    indexes.set(holder, known)
    return known
  }
  return (question, place) => {
    const conditions = objects<Condition>(question.enableWhen)
    if (conditions.length === 0) return true
    const met = (condition: Condition): boolean => meets(condition, answersTo(condition.question ?? '', place, indexOf))
    return question.enableBehavior === 'any' ? conditions.some(met) : conditions.every(met)
  }
}

function makeIndex(holder: JsonObject, indexOf: (holder: JsonObject) => Index): Index {
  const found = new Map<string, Answer[]>()
  const add = (linkId: string, answers: readonly Answer[]): void => {
    const before = found.get(linkId)
    if (before) for (const answer of answers) before.push(answer)
    else found.set(linkId, [...answers])
  }
  for (const item of objects<Item>(holder.item)) {
    const answers = objects<Answer>(item.answer)
    if (typeof item.linkId === 'string') add(item.linkId, answers)
    for (const inner of [item, ...answers]) for (const [linkId, more] of indexOf(inner)) add(linkId, more)
  }
  return found
}

/**
 * Of several occurrences the nearest is meant: what the place itself is an answer to, else what stands in the smallest
 * part of the response around it.
 */
function answersTo(linkId: string, place: Place, indexOf: (holder: JsonObject) => Index): readonly Answer[] {
  for (let at: Place | undefined = place; at; at = at.above) {
    if (at.item?.linkId === linkId) return at.holder === at.item ? objects<Answer>(at.item.answer) : [at.holder]
  }
  for (let at: Place | undefined = place; at; at = at.above) {
    const found = indexOf(at.holder).get(linkId)
    if (found) return found
  }
  return []
}

function meets(condition: Condition, answers: readonly Answer[]): boolean {
  const given = answers.flatMap((answer) => {
    const key = valueKey(answer)
    return key === undefined ? [] : [answer[key]]
  })
  const key = valueKey(condition, 'answer')
  const wanted = key === undefined ? undefined : condition[key]
  if (condition.operator === 'exists') return given.length > 0 === (wanted === true)
  const test = OPERATORS.get(condition.operator)
  return test !== undefined && given.some((value) => test(value, wanted))
}

type Test = (given: unknown, wanted: unknown) => boolean

const ordered =
  (test: (difference: number) => boolean): Test =>
  (given, wanted) => {
    const difference = order(given, wanted)
    return difference !== undefined && test(difference)
  }

/** https://hl7.org/fhir/R4/valueset-questionnaire-enable-operator.html */
const OPERATORS: ReadonlyMap<unknown, Test> = new Map(
  Object.entries<Test>({
    '=': isSame,
    '!=': (given, wanted) => !isSame(given, wanted),
    '>': ordered((difference) => difference > 0),
    '<': ordered((difference) => difference < 0),
    '>=': ordered((difference) => difference >= 0),
    '<=': ordered((difference) => difference <= 0),
  }),
)
