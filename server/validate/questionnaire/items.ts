/**
 * The items of a response, a group or an answer against the items of the questionnaire: linkId, order, occurrences. https://hl7.org/fhir/R4/questionnaireresponse.html#notes
 */
import { nearest } from '../../fhir/nearest.ts'
import type { Violation } from '../violation.ts'
import { answerViolations } from './answer.ts'
import { list, mismatch, type ResponseContext } from './question-rule.ts'
import type { ItemScope } from './enable-when.ts'
import { occurrenceViolations, type GivenItem } from './occurrences.ts'
import { objects, type ResponseAnswer, type ResponseItem, type Question } from './questionnaire-types.ts'

/** A scope, and the JSON pointer to it. */
export type LocatedScope = ItemScope & { readonly at: string }

export function itemsViolations(
  questions: readonly Question[],
  scope: LocatedScope,
  response: ResponseContext,
): readonly Violation[] {
  const violations: Violation[] = []
  const order = new Map(questions.map(({ linkId }, index) => [linkId ?? '', index]))
  const given = new Map<string, GivenItem[]>()
  let last = -1
  objects<ResponseItem>(scope.holder.item).forEach((item, index) => {
    const { linkId } = item
    // A missing linkId, or one that is no text, is an issue of the type QuestionnaireResponse.
    if (typeof linkId !== 'string') return
    const at = `${scope.at}/item/${index}`
    const position = order.get(linkId)
    if (position === undefined) return void violations.push(unknownItem(linkId, at, [...order.keys()], response))
    if (position < last) violations.push(outOfOrder(linkId, at, questions[last] as Question))
    last = Math.max(last, position)
    const before = given.get(linkId)
    if (before) before.push({ item, at })
    else given.set(linkId, [{ item, at }])
  })
  for (const question of questions) {
    const items = given.get(question.linkId ?? '') ?? []
    const isEnabled = response.isEnabled(question, scope)
    violations.push(...occurrenceViolations(question, items, { scope, isEnabled, response }))
    for (const { item, at } of items)
      violations.push(...itemViolations(question, item, { scope, at, isEnabled, response }))
  }
  return violations
}

type ItemCheck = {
  readonly scope: LocatedScope
  readonly at: string
  readonly isEnabled: boolean
  readonly response: ResponseContext
}

function itemViolations(
  question: Question,
  item: ResponseItem,
  { scope, at, isEnabled, response }: ItemCheck,
): readonly Violation[] {
  const answers = objects<ResponseAnswer>(item.answer)
  const items = objects<ResponseItem>(item.item)
  const name = `\`${question.linkId}\``
  // An empty item of a question that is not enabled is allowed.
  if (!isEnabled) {
    return answers.length + items.length > 0
      ? [mismatch(at, `{at}: the question ${name} is not enabled by the other answers.`)]
      : []
  }
  const violations = textViolations(question, item, at)
  if (question.type === 'display') {
    if (answers.length + items.length > 0)
      violations.push(mismatch(at, `{at}: ${name} is a display text; it takes no answer and no items.`))
    return violations
  }
  const inner = objects<Question>(question.item)
  if (question.type === 'group') {
    if (answers.length > 0) violations.push(mismatch(at, `{at}: ${name} is a group; it takes items, not answers.`))
    return [...violations, ...itemsViolations(inner, { holder: item, item, above: scope, at }, response)]
  }
  if (items.length > 0)
    violations.push(mismatch(at, `{at}: items below the question ${name} belong inside its answer.`))
  answers.forEach((answer, index) => {
    const below = `${at}/answer/${index}`
    for (const violation of answerViolations(answer, question, response))
      violations.push({ ...violation, below: below + violation.below })
    violations.push(...itemsViolations(inner, { holder: answer, item, above: scope, at: below }, response))
  })
  return violations
}

type TranslatedText = { readonly extension?: unknown }

/** The text of the question, or a translation of it. https://hl7.org/fhir/R4/questionnaireresponse-definitions.html#QuestionnaireResponse.item.text */
function textViolations(question: Question, item: ResponseItem, at: string): Violation[] {
  const { text } = item
  if (typeof text !== 'string' || text === question.text) return []
  const translations = objects((question._text as TranslatedText | undefined)?.extension).flatMap((one) =>
    objects(one.extension).flatMap((part) => (part.url === 'content' ? [part.valueString ?? part.valueMarkdown] : [])),
  )
  if (translations.includes(text)) return []
  return [mismatch(at, `{at}: the text is not that of the question \`${question.linkId}\`. Leave it out, or copy it.`)]
}

function outOfOrder(linkId: string, at: string, after: Question): Violation {
  return mismatch(
    at,
    `{at}: the item \`${linkId}\` comes after \`${after.linkId}\`; in the questionnaire it comes before.`,
  )
}

function unknownItem(
  linkId: string,
  at: string,
  linkIds: readonly string[],
  { questionnaire }: ResponseContext,
): Violation {
  if (isSomewhere(linkId, objects<Question>(questionnaire.item)))
    return mismatch(at, `{at}: the questionnaire has the item \`${linkId}\` in another place, not here.`)
  const suggested = nearest(
    linkId,
    linkIds.filter((one) => typeof one === 'string'),
  )
  const hint = suggested
    ? ` Did you mean \`${suggested}\`?`
    : linkIds.length > 0
      ? ` It has ${list(linkIds.slice(0, 12), ', ')} here.`
      : ''
  return mismatch(at, `{at}: the questionnaire has no item \`${linkId}\` here.${hint}`)
}

const isSomewhere = (linkId: string, questions: readonly Question[]): boolean =>
  questions.some((one) => one.linkId === linkId || isSomewhere(linkId, objects<Question>(one.item)))
