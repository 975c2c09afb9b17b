/**
 * The quick pass over a response: do its answers have no issue? False may be wrong (for translated texts, minOccurs and
 * maxOccurs, exclusive options); response.ts then checks the response.
 */
import type { JsonObject } from '../../fhir/types.ts'
import type { ValidationEngine, CheckContext } from '../check-context.ts'
import { prepareQuestion, type PreparedQuestion } from './answer.ts'
import type { ResponseContext } from './question-rule.ts'
import { createEnableWhen, type ItemScope } from './enable-when.ts'
import { findQuestionnaire, type FoundQuestionnaire } from './find-questionnaire.ts'
import { wholeResponseViolations } from './whole-response.ts'
import { isComplete } from './response.ts'
import {
  extensionNumber,
  extensionValues,
  objects,
  type ResponseAnswer,
  type ResponseItem,
  type Question,
} from './questionnaire-types.ts'

/** A question, prepared for the quick pass. */
type QuickQuestion = PreparedQuestion & {
  readonly question: Question
  readonly index: number
  readonly isGroup: boolean
  readonly isConditional: boolean
  readonly isPlain: boolean
  readonly inner: QuickItems
}

/** The questions of a questionnaire, of a group, or below an answer; `required` counts those without enableWhen. */
type QuickItems = {
  readonly byLinkId: ReadonlyMap<string, QuickQuestion>
  readonly required: number
  readonly conditional: readonly QuickQuestion[]
}

/** Tests the responses of one engine. */
export function createResponseTest(engine: ValidationEngine): (context: CheckContext) => boolean {
  // By canonical url; the definitions of an engine do not change.
  const cache = new Map<string, QuickQuestionnaire>()
  return (context) => {
    const { questionnaire } = context.resource
    if (typeof questionnaire !== 'string') return true
    let prepared = cache.get(questionnaire)
    if (!prepared) {
      const found = findQuestionnaire(questionnaire, context)
      if ('detail' in found) return false
      prepared = prepareQuestionnaire(found)
      if (!found.isContained && context.engine === engine && cache.size < MAX_CACHED) cache.set(questionnaire, prepared)
    }
    return isResponseClean(prepared, context)
  }
}

const MAX_CACHED = 200

type QuickQuestionnaire = {
  readonly questionnaire: JsonObject
  readonly isContained: boolean
  readonly items: QuickItems
  readonly hasConditions: boolean
  /** The subject types, where the questionnaire has no effectivePeriod. */
  readonly subjects?: ReadonlySet<string>
}

function prepareQuestionnaire({ questionnaire, isContained }: FoundQuestionnaire): QuickQuestionnaire {
  const quickItems = prepareItems(questionnaire.item)
  const { effectivePeriod, subjectType } = questionnaire
  const subjects =
    effectivePeriod === undefined && Array.isArray(subjectType) ? new Set<string>(subjectType) : undefined
  return { questionnaire, isContained, items: quickItems, hasConditions: hasConditions(quickItems), subjects }
}

function isResponseClean(
  { questionnaire, isContained, items: quickItems, hasConditions, subjects }: QuickQuestionnaire,
  context: CheckContext,
): boolean {
  const { resource } = context
  if (!isOfType(resource.subject, subjects) && wholeResponseViolations(resource, questionnaire).length > 0) return false
  const isEnabled = hasConditions ? createEnableWhen() : always
  return areItemsClean(
    quickItems,
    { holder: resource },
    { questionnaire, isContained, context, isComplete: isComplete(resource.status), isEnabled },
  )
}

/** Does the reference begin with one of the types? */
function isOfType(subject: unknown, types: ReadonlySet<string> | undefined): boolean {
  const reference = (subject as JsonObject | undefined)?.reference
  return typeof reference === 'string' && types?.has(reference.slice(0, reference.indexOf('/'))) === true
}

const always = (): boolean => true

const hasConditions = (quickItems: QuickItems): boolean =>
  [...quickItems.byLinkId.values()].some((one) => one.isConditional || hasConditions(one.inner))

function prepareItems(item: unknown): QuickItems {
  const all = objects<Question>(item).map(prepareQuickQuestion)
  const byLinkId = new Map(all.map((one) => [one.question.linkId ?? '', one]))
  const required = all.filter((one) => one.question.required === true && one.question.type !== 'display')
  // Questions that share a linkId are left to response.ts.
  if (byLinkId.size < all.length) return { byLinkId: new Map(), required: all.length, conditional: [] }
  return {
    byLinkId,
    required: required.filter((one) => !one.isConditional).length,
    conditional: required.filter((one) => one.isConditional),
  }
}

function prepareQuickQuestion(question: Question, index: number): QuickQuestion {
  const counted = ['minOccurs', 'maxOccurs'].some(
    (name) => extensionNumber(question, `questionnaire-${name}`) !== undefined,
  )
  const isExclusive = objects(question.answerOption).some((one) =>
    extensionValues(one, 'questionnaire-optionExclusive').includes(true),
  )
  return {
    ...prepareQuestion(question),
    question,
    index,
    isGroup: question.type === 'group',
    isConditional: objects(question.enableWhen).length > 0,
    isPlain: !counted && !isExclusive && question.type !== 'display',
    inner: prepareItems(question.item),
  }
}

function areItemsClean(quickItems: QuickItems, scope: ItemScope, response: ResponseContext): boolean {
  const { item: items } = scope.holder
  if (items !== undefined && !Array.isArray(items)) return false
  let last = -1
  let required = 0
  for (const item of (items ?? NO_ITEMS) as readonly (ResponseItem | null)[]) {
    const one = item && typeof item.linkId === 'string' ? quickItems.byLinkId.get(item.linkId) : undefined
    if (!item || !one || !one.isPlain || one.index < last) return false
    if (one.index === last && one.question.repeats !== true) return false
    if (one.index > last && one.question.required === true && !one.isConditional) required++
    last = one.index
    if (!isItemClean(one, item, scope, response)) return false
  }
  return (
    required === quickItems.required &&
    quickItems.conditional.every((one) => isGiven(one, scope) || !response.isEnabled(one.question, scope))
  )
}

const isEmpty = ({ byLinkId, required }: QuickItems): boolean => byLinkId.size === 0 && required === 0

const NO_ITEMS: readonly ResponseItem[] = []

const isGiven = ({ question }: QuickQuestion, { holder }: ItemScope): boolean =>
  objects<ResponseItem>(holder.item).some((item) => item.linkId === question.linkId)

function isItemClean(one: QuickQuestion, item: ResponseItem, scope: ItemScope, response: ResponseContext): boolean {
  const { question } = one
  if (one.isConditional && !response.isEnabled(question, scope)) return false
  if (item.text !== undefined && item.text !== question.text) return false
  if (one.isGroup) {
    if (item.answer !== undefined || (question.required === true && item.item === undefined)) return false
    return areItemsClean(one.inner, { holder: item, item, above: scope }, response)
  }
  const { answer: answers } = item
  if (item.item !== undefined) return false
  if (answers === undefined) return question.required !== true
  if (!Array.isArray(answers) || (question.repeats !== true && answers.length > 1)) return false
  for (const answer of answers as readonly (ResponseAnswer | null)[]) {
    if (typeof answer !== 'object' || answer === null || !isAnswerClean(one, answer, response)) return false
    if (answer.item === undefined && isEmpty(one.inner)) continue
    if (!areItemsClean(one.inner, { holder: answer, item, above: scope }, response)) return false
  }
  return true
}

function isAnswerClean({ allowed, checks }: QuickQuestion, answer: ResponseAnswer, response: ResponseContext): boolean {
  for (const key in answer) {
    if (!key.startsWith('value') || key.length === 5) continue
    if (allowed.length > 0 && !allowed.includes(key)) return false
    const at = { key, answer }
    for (const check of checks) if (check(answer[key], at, response).length > 0) return false
    return true
  }
  return true
}
