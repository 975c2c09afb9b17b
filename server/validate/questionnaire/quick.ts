/**
 * The quick pass over a response: is there nothing to tell of its answers? No may be said too often (of whatever is not
 * plain: translated texts, counts by extension, options that exclude others), and the rules in words then decide.
 */
import type { JsonObject } from '../../fhir/types.ts'
import type { ValidationEngine, CheckContext } from '../check-context.ts'
import { ready, type Ready } from './answer.ts'
import type { Asked } from './asked.ts'
import { createEnabled, type Place } from './enabled.ts'
import { findForm, type Form } from './find.ts'
import { headViolations } from './head.ts'
import { isComplete } from './response.ts'
import { extensionNumber, extensionValues, objects, type Answer, type Item, type Question } from './shapes.ts'

/** A question as it is asked of the quick pass. */
type Asking = Ready & {
  readonly question: Question
  readonly index: number
  readonly isGroup: boolean
  readonly isConditional: boolean
  readonly isPlain: boolean
  readonly inner: Part
}

/** The questions of a form, a group, or below an answer; `required` counts those that are always asked. */
type Part = {
  readonly byLink: ReadonlyMap<string, Asking>
  readonly required: number
  readonly perhaps: readonly Asking[]
}

/** The pass for the responses of one engine. */
export function createWellAnswered(engine: ValidationEngine): (context: CheckContext) => boolean {
  // By the canonical urls of forms at hand: those of an engine stay what they are.
  const known = new Map<string, ReadyForm>()
  return (context) => {
    const { questionnaire } = context.resource
    if (typeof questionnaire !== 'string') return true
    let ready = known.get(questionnaire)
    if (!ready) {
      const found = findForm(questionnaire, context)
      if ('detail' in found) return false
      ready = readyForm(found)
      if (!found.isContained && context.engine === engine && known.size < MOST_FORMS) known.set(questionnaire, ready)
    }
    return isAnswered(ready, context)
  }
}

const MOST_FORMS = 200

type ReadyForm = {
  readonly form: JsonObject
  readonly isContained: boolean
  readonly part: Part
  readonly hasConditions: boolean
  /** The head asks for no more than a subject of these types. */
  readonly subjects?: ReadonlySet<string>
}

function readyForm({ form, isContained }: Form): ReadyForm {
  const part = partOf(form.item)
  const { effectivePeriod, subjectType } = form
  const subjects =
    effectivePeriod === undefined && Array.isArray(subjectType) ? new Set<string>(subjectType) : undefined
  return { form, isContained, part, hasConditions: isConditional(part), subjects }
}

function isAnswered({ form, isContained, part, hasConditions, subjects }: ReadyForm, context: CheckContext): boolean {
  const { resource } = context
  if (!isOfType(resource.subject, subjects) && headViolations(resource, form).length > 0) return false
  const isEnabled = hasConditions ? createEnabled() : always
  return isPart(
    part,
    { holder: resource },
    { form, isContained, context, isComplete: isComplete(resource.status), isEnabled },
  )
}

/** Does the reference begin with one of the types? */
function isOfType(subject: unknown, types: ReadonlySet<string> | undefined): boolean {
  const reference = (subject as JsonObject | undefined)?.reference
  return typeof reference === 'string' && types?.has(reference.slice(0, reference.indexOf('/'))) === true
}

const always = (): boolean => true

const isConditional = (part: Part): boolean =>
  [...part.byLink.values()].some((one) => one.isConditional || isConditional(one.inner))

function partOf(item: unknown): Part {
  const all = objects<Question>(item).map(asking)
  const byLink = new Map(all.map((one) => [one.question.linkId ?? '', one]))
  const required = all.filter((one) => one.question.required === true && one.question.type !== 'display')
  // Of questions that share a linkId the rules in words know which is meant.
  if (byLink.size < all.length) return { byLink: new Map(), required: all.length, perhaps: [] }
  return {
    byLink,
    required: required.filter((one) => !one.isConditional).length,
    perhaps: required.filter((one) => one.isConditional),
  }
}

function asking(question: Question, index: number): Asking {
  const counted = ['minOccurs', 'maxOccurs'].some(
    (name) => extensionNumber(question, `questionnaire-${name}`) !== undefined,
  )
  const isExclusive = objects(question.answerOption).some((one) =>
    extensionValues(one, 'questionnaire-optionExclusive').includes(true),
  )
  return {
    ...ready(question),
    question,
    index,
    isGroup: question.type === 'group',
    isConditional: objects(question.enableWhen).length > 0,
    isPlain: !counted && !isExclusive && question.type !== 'display',
    inner: partOf(question.item),
  }
}

function isPart(part: Part, here: Place, asked: Asked): boolean {
  const { item: items } = here.holder
  if (items !== undefined && !Array.isArray(items)) return false
  let last = -1
  let required = 0
  for (const item of (items ?? NO_ITEMS) as readonly (Item | null)[]) {
    const one = item && typeof item.linkId === 'string' ? part.byLink.get(item.linkId) : undefined
    if (!item || !one || !one.isPlain || one.index < last) return false
    if (one.index === last && one.question.repeats !== true) return false
    if (one.index > last && one.question.required === true && !one.isConditional) required++
    last = one.index
    if (!isItem(one, item, here, asked)) return false
  }
  return (
    required === part.required &&
    part.perhaps.every((one) => isGiven(one, here) || !asked.isEnabled(one.question, here))
  )
}

const isNothing = ({ byLink, required }: Part): boolean => byLink.size === 0 && required === 0

const NO_ITEMS: readonly Item[] = []

const isGiven = ({ question }: Asking, { holder }: Place): boolean =>
  objects<Item>(holder.item).some((item) => item.linkId === question.linkId)

function isItem(one: Asking, item: Item, here: Place, asked: Asked): boolean {
  const { question } = one
  if (one.isConditional && !asked.isEnabled(question, here)) return false
  if (item.text !== undefined && item.text !== question.text) return false
  if (one.isGroup) {
    if (item.answer !== undefined || (question.required === true && item.item === undefined)) return false
    return isPart(one.inner, { holder: item, item, above: here }, asked)
  }
  const { answer: answers } = item
  if (item.item !== undefined) return false
  if (answers === undefined) return question.required !== true
  if (!Array.isArray(answers) || (question.repeats !== true && answers.length > 1)) return false
  for (const answer of answers as readonly (Answer | null)[]) {
    if (typeof answer !== 'object' || answer === null || !isAnswer(one, answer, asked)) return false
    if (answer.item === undefined && isNothing(one.inner)) continue
    if (!isPart(one.inner, { holder: answer, item, above: here }, asked)) return false
  }
  return true
}

function isAnswer({ allowed, checks }: Asking, answer: Answer, asked: Asked): boolean {
  for (const key in answer) {
    if (!key.startsWith('value') || key.length === 5) continue
    if (allowed.length > 0 && !allowed.includes(key)) return false
    const at = { key, answer }
    for (const check of checks) if (check(answer[key], at, asked).length > 0) return false
    return true
  }
  return true
}
