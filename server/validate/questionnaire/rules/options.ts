/** `answerOption`: the allowed answers. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.answerOption */
import type { JsonObject } from '../../../fhir/types.ts'
import { nearest } from '../../../fhir/nearest.ts'
import { show } from '../../keywords/value.ts'
import { mismatch, NO_VIOLATIONS, type QuestionRule } from '../question-rule.ts'
import { compareValues } from '../compare.ts'
import { objects, valueKey, type Question } from '../questionnaire-types.ts'

/** An open choice also takes free text; a coding must still be an option. */
const isFreeText = (question: Question, value: unknown): boolean =>
  question.type === 'open-choice' && typeof value === 'string'

export const optionRule: QuestionRule = (question) => {
  const options = objects(question.answerOption).flatMap((option) => {
    const name = valueKey(option)
    return name === undefined ? [] : [option[name]]
  })
  if (options.length === 0) return undefined
  const names = options.map(nameOf)
  const offered = `of the question \`${question.linkId}\`: ${names.slice(0, 20).map(show).join(', ')}`
  return (value, { key }) => {
    if (isFreeText(question, value) || options.some((one) => isOption(value, one))) return NO_VIOLATIONS
    const suggested = nearest(nameOf(value), names)
    const hint = suggested ? ` Did you mean \`${suggested}\`?` : ''
    return [mismatch(`/${key}`, `{at} is ${shown(value)}, which is not an option ${offered}.${hint}`)]
  }
}

// Codings are compared by system and code, references by their target, quantities by amount and unit.
function isOption(value: unknown, option: unknown): boolean {
  if (typeof value !== 'object' || typeof option !== 'object' || value === null || option === null)
    return value === option
  const [given, expected] = [value as JsonObject, option as JsonObject]
  if (expected.value !== undefined) return compareValues(given, expected) === 0
  if (expected.reference !== undefined) return given.reference === expected.reference
  // An option without a code is compared by its display.
  if (expected.code === undefined) return given.code === undefined && given.display === expected.display
  return given.code === expected.code && given.system === expected.system
}

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const { code, display, reference } = value as JsonObject
  const name = code ?? display ?? reference
  return typeof name === 'string' ? name : JSON.stringify(value)
}

/** A coding as `system|code`, any other value as it is. */
export function shown(value: unknown): string {
  if (typeof value !== 'object' || value === null) return show(value)
  const { system, code } = value as JsonObject
  return typeof code === 'string' ? `\`${typeof system === 'string' ? system : ''}|${code}\`` : show(value)
}
