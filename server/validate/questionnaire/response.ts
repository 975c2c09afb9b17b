/** A QuestionnaireResponse against its Questionnaire. https://hl7.org/fhir/R4/questionnaireresponse.html#notes */
import { nearest } from '../../fhir/nearest.ts'
import type { Definitions } from '../../definitions/definitions.ts'
import type { Fault } from '../run.ts'
import type { Terminology } from '../terminology/terminology.ts'
import { answerFaults } from './answer.ts'
import { answersOf, isEnabled, type Answers } from './enabled.ts'
import { objects, type Answer, type Item, type Question } from './shapes.ts'

type Bag = Readonly<Record<string, unknown>>
type Asked = { readonly answers: Answers; readonly complete: boolean; readonly terminology: Pick<Terminology, 'check'> }

/** Faults with pointers into the response; none when it names no questionnaire. */
export function responseFaults(
  response: Bag,
  definitions: Pick<Definitions, 'find'>,
  terminology: Pick<Terminology, 'check'>,
): readonly Fault[] {
  const { questionnaire: url, status } = response
  if (typeof url !== 'string') return []
  const questionnaire = definitions.find(url)
  if (questionnaire?.resourceType !== 'Questionnaire') {
    const text = `{at}: the questionnaire \`${url}\` is not at hand, so the answers could not be checked against it.`
    return [{ code: 'questionnaire-mismatch', severity: 'warning', below: '/questionnaire', text }]
  }
  const items = objects<Item>(response.item)
  const asked: Asked = {
    answers: answersOf(items),
    complete: status === 'completed' || status === 'amended',
    terminology,
  }
  return groupFaults(objects<Question>(questionnaire.item), items, '', asked)
}

/** The items below one holder against the questions below its question. */
function groupFaults(
  questions: readonly Question[],
  items: readonly Item[],
  at: string,
  asked: Asked,
): readonly Fault[] {
  const known = new Map(questions.map((question) => [question.linkId ?? '', question]))
  const faults: Fault[] = []
  const counts = new Map<string, number>()
  items.forEach((item, index) => {
    const pointer = `${at}/item/${index}`
    const { linkId } = item
    // Absent, or of another shape: that was judged elsewhere.
    if (typeof linkId !== 'string') return
    const question = known.get(linkId)
    if (!question) faults.push(unknownItem(linkId, pointer, known))
    else {
      const count = (counts.get(linkId) ?? 0) + 1
      counts.set(linkId, count)
      if (count > 1 && !(question.repeats && question.type === 'group'))
        faults.push(mismatch(pointer, `{at}: the item \`${linkId}\` is there more than once.`))
      faults.push(...itemFaults(question, item, pointer, asked))
    }
  })
  for (const question of questions) {
    const missing =
      asked.complete &&
      question.required === true &&
      !counts.has(question.linkId ?? '') &&
      isEnabled(question, asked.answers)
    if (missing)
      faults.push({
        code: 'questionnaire-mismatch',
        below: at,
        text: `{at}: the required question \`${question.linkId}\` is not answered.`,
      })
  }
  return faults
}

function itemFaults(question: Question, item: Item, at: string, asked: Asked): readonly Fault[] {
  const answers = objects<Answer>(item.answer)
  const nested = objects<Item>(item.item)
  const name = `\`${question.linkId}\``
  if (!isEnabled(question, asked.answers) && (answers.length > 0 || nested.length > 0))
    return [mismatch(at, `{at}: the question ${name} is not asked after the other answers given.`)]
  if (question.type === 'display')
    return answers.length > 0 ? [mismatch(at, `{at}: ${name} is a text to show; it takes no answer.`)] : []
  if (question.type === 'group') {
    const wrong = answers.length > 0 ? [mismatch(at, `{at}: ${name} is a group; it takes items, not answers.`)] : []
    return [...wrong, ...groupFaults(objects<Question>(question.item), nested, at, asked)]
  }
  const faults: Fault[] = []
  if (nested.length > 0) faults.push(mismatch(at, `{at}: items below the question ${name} stand inside its answer.`))
  if (answers.length === 0 && question.required === true && asked.complete)
    faults.push(mismatch(at, `{at}: the required question ${name} has no answer.`))
  if (answers.length > 1 && !question.repeats)
    faults.push(mismatch(at, `{at}: the question ${name} takes one answer, not ${answers.length}.`))
  answers.forEach((answer, index) => {
    const pointer = `${at}/answer/${index}`
    for (const fault of answerFaults(answer, { question, terminology: asked.terminology }))
      faults.push({ ...fault, below: pointer + (fault.below ?? '') })
    faults.push(...groupFaults(objects<Question>(question.item), objects<Item>(answer.item), pointer, asked))
  })
  return faults
}

function unknownItem(linkId: string, at: string, known: ReadonlyMap<string, Question>): Fault {
  const guess = nearest(linkId, known.keys())
  const hint = guess
    ? ` Did you mean \`${guess}\`?`
    : ` It has ${[...known.keys()]
        .slice(0, 12)
        .map((one) => `\`${one}\``)
        .join(', ')} here.`
  return mismatch(at, `{at}: the questionnaire has no item \`${linkId}\` here.${hint}`)
}

const mismatch = (below: string, text: string): Fault => ({ code: 'questionnaire-mismatch', below, text })
