/** One answer against its question: the type of its value, and whether it is one of the options. */
import type { Fault } from '../run.ts'
import type { Terminology } from '../terminology/terminology.ts'
import { show } from '../keywords/value.ts'
import { objects, valueKey, type Answer, type Question } from './shapes.ts'

/** The properties that may carry the answer to each type of question. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
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

type Asked = { readonly question: Question; readonly terminology: Pick<Terminology, 'check'> }

/** Faults with pointers below the answer. */
export function answerFaults(answer: Answer, { question, terminology }: Asked): readonly Fault[] {
  const key = valueKey(answer)
  if (key === undefined) return []
  const below = `/${key}`
  const allowed = allowedKeys(question)
  if (allowed.length > 0 && !allowed.includes(key)) {
    const wanted = allowed.map((name) => `\`${name}\``).join(' or ')
    return [
      mismatch(below, `{at}: the question \`${question.linkId}\` is answered with ${wanted}, not with \`${key}\`.`),
    ]
  }
  const value = answer[key]
  if (question.maxLength !== undefined && typeof value === 'string' && value.length > question.maxLength) {
    return [
      mismatch(
        below,
        `{at} has ${value.length} characters; the question \`${question.linkId}\` takes at most ${question.maxLength}.`,
      ),
    ]
  }
  return optionFaults(value, below, { question, terminology })
}

// Options of a choice may be of other types than Coding.
function allowedKeys(question: Question): readonly string[] {
  const own = VALUES[question.type ?? ''] ?? []
  const options = objects(question.answerOption).flatMap((option) => valueKey(option) ?? [])
  return [...new Set([...own, ...options])]
}

function optionFaults(value: unknown, below: string, { question, terminology }: Asked): readonly Fault[] {
  const isOpen = question.type === 'open-choice' && typeof value === 'string'
  if (isOpen) return []
  const options = objects(question.answerOption).flatMap((option) => {
    const key = valueKey(option)
    return key === undefined ? [] : [option[key]]
  })
  if (options.length > 0 && !options.some((option) => isOption(value, option))) {
    return [
      mismatch(
        below,
        `{at} is ${show(value)}, which is not an option of the question \`${question.linkId}\`: ${options.map(showOption).join(', ')}.`,
      ),
    ]
  }
  return question.answerValueSet ? valueSetFaults(value as Coding, below, { question, terminology }) : []
}

type Coding = { readonly system?: string; readonly code?: string; readonly reference?: string }

function isOption(value: unknown, option: unknown): boolean {
  if (typeof value !== 'object' || typeof option !== 'object' || value === null || option === null)
    return value === option
  const [given, wanted] = [value as Coding, option as Coding]
  return given.code === wanted.code && given.system === wanted.system && given.reference === wanted.reference
}

const showOption = (option: unknown): string => show((option as Coding | null)?.code ?? option)

function valueSetFaults({ system, code }: Coding, below: string, { question, terminology }: Asked): readonly Fault[] {
  const url = question.answerValueSet ?? ''
  if (typeof code !== 'string' || url.startsWith('#')) return []
  const verdict = terminology.check(url, system, code)
  if (verdict === 'in') return []
  const shown = `\`${system ?? ''}|${code}\``
  if (verdict === 'unknown') {
    return [
      {
        code: 'code-unchecked',
        severity: 'warning',
        below,
        text: `{at} is ${shown}; it could not be checked against \`${url}\`, because that is not at hand.`,
      },
    ]
  }
  return question.type === 'open-choice'
    ? []
    : [
        mismatch(
          below,
          `{at} is ${shown}, which is not in the answers \`${url}\` of the question \`${question.linkId}\`.`,
        ),
      ]
}

const mismatch = (below: string, text: string): Fault => ({ code: 'questionnaire-mismatch', below, text })
