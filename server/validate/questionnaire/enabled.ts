/** Is a question asked? https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen */
import { objects, valueKey, type Answer, type Item, type Question } from './shapes.ts'

/** All answers of a response by linkId. */
export type Answers = ReadonlyMap<string, readonly Answer[]>

export function answersOf(items: readonly Item[], found = new Map<string, readonly Answer[]>()): Answers {
  for (const item of items) {
    const answers = objects<Answer>(item.answer)
    if (item.linkId !== undefined) found.set(item.linkId, [...(found.get(item.linkId) ?? []), ...answers])
    answersOf(objects<Item>(item.item), found)
    for (const answer of answers) answersOf(objects<Item>(answer.item), found)
  }
  return found
}

export function isEnabled(question: Question, answers: Answers): boolean {
  const conditions = question.enableWhen ?? []
  if (conditions.length === 0) return true
  const met = (condition: NonNullable<Question['enableWhen']>[number]): boolean => meets(condition, answers)
  return question.enableBehavior === 'any' ? conditions.some(met) : conditions.every(met)
}

function meets(condition: NonNullable<Question['enableWhen']>[number], answers: Answers): boolean {
  const given = (answers.get(condition.question ?? '') ?? []).flatMap((answer) => {
    const key = valueKey(answer)
    return key === undefined ? [] : [answer[key]]
  })
  const key = valueKey(condition, 'answer')
  const wanted = key === undefined ? undefined : condition[key]
  if (condition.operator === 'exists') return given.length > 0 === (wanted === true)
  const test = OPERATORS[condition.operator ?? '']
  return test !== undefined && given.some((value) => test(value, wanted))
}

const OPERATORS: Readonly<Record<string, (given: unknown, wanted: unknown) => boolean>> = {
  '=': same,
  '!=': (given, wanted) => !same(given, wanted),
  '>': (given, wanted) => order(given, wanted, (a, b) => a > b),
  '<': (given, wanted) => order(given, wanted, (a, b) => a < b),
  '>=': (given, wanted) => order(given, wanted, (a, b) => a >= b),
  '<=': (given, wanted) => order(given, wanted, (a, b) => a <= b),
}

type Coded = {
  readonly system?: unknown
  readonly code?: unknown
  readonly value?: unknown
  readonly reference?: unknown
}

// Codings are the same by system and code, references by where they point.
function same(given: unknown, wanted: unknown): boolean {
  if (typeof given !== 'object' || typeof wanted !== 'object' || given === null || wanted === null)
    return given === wanted
  const [one, other] = [given as Coded, wanted as Coded]
  return (
    one.system === other.system &&
    one.code === other.code &&
    one.value === other.value &&
    one.reference === other.reference
  )
}

function order(given: unknown, wanted: unknown, test: (a: number | string, b: number | string) => boolean): boolean {
  const plain = (value: unknown) => (typeof value === 'object' && value !== null ? (value as Coded).value : value)
  const [a, b] = [plain(given), plain(wanted)]
  const comparable =
    (typeof a === 'number' && typeof b === 'number') || (typeof a === 'string' && typeof b === 'string')
  return comparable && test(a as number, b as number)
}
