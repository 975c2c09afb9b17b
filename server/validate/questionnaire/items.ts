/**
 * The items of a response, a group or an answer against the questions of that place: known, in order, as often as
 * asked. https://hl7.org/fhir/R4/questionnaireresponse.html#notes
 */
import { nearest } from '../../fhir/nearest.ts'
import type { Violation } from '../violation.ts'
import { answerViolations } from './answer.ts'
import { list, mismatch, type Asked } from './asked.ts'
import type { Place } from './enabled.ts'
import { occurrenceViolations, type Given } from './occurrences.ts'
import { objects, type Answer, type Item, type Question } from './shapes.ts'

/** A place, and the pointer to it. */
export type Here = Place & { readonly at: string }

export function itemsViolations(questions: readonly Question[], here: Here, asked: Asked): readonly Violation[] {
  const violations: Violation[] = []
  const order = new Map(questions.map(({ linkId }, index) => [linkId ?? '', index]))
  const given = new Map<string, Given[]>()
  let last = -1
  objects<Item>(here.holder.item).forEach((item, index) => {
    const { linkId } = item
    // Absent, or of another shape: that was judged elsewhere.
    if (typeof linkId !== 'string') return
    const at = `${here.at}/item/${index}`
    const place = order.get(linkId)
    if (place === undefined) return void violations.push(unknownItem(linkId, at, [...order.keys()], asked))
    if (place < last) violations.push(outOfOrder(linkId, at, questions[last] as Question))
    last = Math.max(last, place)
    const before = given.get(linkId)
    if (before) before.push({ item, at })
    else given.set(linkId, [{ item, at }])
  })
  for (const question of questions) {
    const items = given.get(question.linkId ?? '') ?? []
    const isEnabled = asked.isEnabled(question, here)
    violations.push(...occurrenceViolations(question, items, { here, isEnabled, asked }))
    for (const { item, at } of items) violations.push(...itemViolations(question, item, { here, at, isEnabled, asked }))
  }
  return violations
}

type Setting = { readonly here: Here; readonly at: string; readonly isEnabled: boolean; readonly asked: Asked }

function itemViolations(question: Question, item: Item, { here, at, isEnabled, asked }: Setting): readonly Violation[] {
  const answers = objects<Answer>(item.answer)
  const items = objects<Item>(item.item)
  const name = `\`${question.linkId}\``
  // An empty item of a question that is not asked says nothing.
  if (!isEnabled) {
    return answers.length + items.length > 0
      ? [mismatch(at, `{at}: the question ${name} is not asked after the other answers given.`)]
      : []
  }
  const violations = textViolations(question, item, at)
  if (question.type === 'display') {
    if (answers.length + items.length > 0)
      violations.push(mismatch(at, `{at}: ${name} is a text to show; it takes no answer and no items.`))
    return violations
  }
  const inner = objects<Question>(question.item)
  if (question.type === 'group') {
    if (answers.length > 0) violations.push(mismatch(at, `{at}: ${name} is a group; it takes items, not answers.`))
    return [...violations, ...itemsViolations(inner, { holder: item, item, above: here, at }, asked)]
  }
  if (items.length > 0) violations.push(mismatch(at, `{at}: items below the question ${name} stand inside its answer.`))
  answers.forEach((answer, index) => {
    const below = `${at}/answer/${index}`
    for (const violation of answerViolations(answer, question, asked))
      violations.push({ ...violation, below: below + violation.below })
    violations.push(...itemsViolations(inner, { holder: answer, item, above: here, at: below }, asked))
  })
  return violations
}

type Translated = { readonly extension?: unknown }

/** https://hl7.org/fhir/R4/questionnaireresponse-definitions.html#QuestionnaireResponse.item.text, also as translated. */
function textViolations(question: Question, item: Item, at: string): Violation[] {
  const { text } = item
  if (typeof text !== 'string' || text === question.text) return []
  const translations = objects((question._text as Translated | undefined)?.extension).flatMap((one) =>
    objects(one.extension).flatMap((part) => (part.url === 'content' ? [part.valueString ?? part.valueMarkdown] : [])),
  )
  if (translations.includes(text)) return []
  return [mismatch(at, `{at}: the text is not that of the question \`${question.linkId}\`. Leave it out, or copy it.`)]
}

function outOfOrder(linkId: string, at: string, after: Question): Violation {
  return mismatch(at, `{at}: the item \`${linkId}\` stands after \`${after.linkId}\`; the questionnaire has it before.`)
}

function unknownItem(linkId: string, at: string, known: readonly string[], { form }: Asked): Violation {
  if (isSomewhere(linkId, objects<Question>(form.item)))
    return mismatch(at, `{at}: the questionnaire has the item \`${linkId}\` in another place, not here.`)
  const guess = nearest(
    linkId,
    known.filter((one) => typeof one === 'string'),
  )
  const hint = guess
    ? ` Did you mean \`${guess}\`?`
    : known.length > 0
      ? ` It has ${list(known.slice(0, 12), ', ')} here.`
      : ''
  return mismatch(at, `{at}: the questionnaire has no item \`${linkId}\` here.${hint}`)
}

const isSomewhere = (linkId: string, questions: readonly Question[]): boolean =>
  questions.some((one) => one.linkId === linkId || isSomewhere(linkId, objects<Question>(one.item)))
