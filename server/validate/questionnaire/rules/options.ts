/** The answers to choose from. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.answerOption */
import type { JsonObject } from '../../../fhir/types.ts'
import { nearest } from '../../../fhir/nearest.ts'
import { show } from '../../keywords/value.ts'
import { mismatch, NONE, type Rule } from '../asked.ts'
import { order } from '../compare.ts'
import { objects, valueKey, type Question } from '../shapes.ts'

/** Free text is what makes a choice open: a coding is still one of those offered. */
const isFreeText = (question: Question, value: unknown): boolean =>
  question.type === 'open-choice' && typeof value === 'string'

/** Among `answerOption`. */
export const optionRule: Rule = (question) => {
  const options = objects(question.answerOption).flatMap((option) => {
    const name = valueKey(option)
    return name === undefined ? [] : [option[name]]
  })
  if (options.length === 0) return undefined
  const names = options.map(nameOf)
  const offered = `of the question \`${question.linkId}\`: ${names.slice(0, 20).map(show).join(', ')}`
  return (value, { key }) => {
    if (isFreeText(question, value) || options.some((one) => isOption(value, one))) return NONE
    const guess = nearest(nameOf(value), names)
    const hint = guess ? ` Did you mean \`${guess}\`?` : ''
    return [mismatch(`/${key}`, `{at} is ${shown(value)}, which is not an option ${offered}.${hint}`)]
  }
}

// A coding by system and code, a reference by where it points, a quantity by its amount.
function isOption(value: unknown, option: unknown): boolean {
  if (typeof value !== 'object' || typeof option !== 'object' || value === null || option === null)
    return value === option
  const [given, wanted] = [value as JsonObject, option as JsonObject]
  if (wanted.value !== undefined) return order(given, wanted) === 0
  if (wanted.reference !== undefined) return given.reference === wanted.reference
  // An option that is only a text is told by it.
  if (wanted.code === undefined) return given.code === undefined && given.display === wanted.display
  return given.code === wanted.code && given.system === wanted.system
}

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const { code, display, reference } = value as JsonObject
  const name = code ?? display ?? reference
  return typeof name === 'string' ? name : JSON.stringify(value)
}

/** A coding by system and code, all else as it is. */
export function shown(value: unknown): string {
  if (typeof value !== 'object' || value === null) return show(value)
  const { system, code } = value as JsonObject
  return typeof code === 'string' ? `\`${typeof system === 'string' ? system : ''}|${code}\`` : show(value)
}
