/** Length, range and decimal places of an answer. https://hl7.org/fhir/R4/questionnaire-profiles.html */
import { writtenAs } from '../../../fhir/decimals.ts'
import { show } from '../../keywords/value.ts'
import { mismatch, NO_VIOLATIONS, type QuestionRule } from '../question-rule.ts'
import { compareValues } from '../compare.ts'
import { extensionNumber, extensionValues } from '../questionnaire-types.ts'

/** Questionnaire.item.maxLength and the extension minLength, of texts and of numbers as written. */
export const lengthRule: QuestionRule = (question) => {
  const [min, max] = [extensionNumber(question, 'minLength') ?? 0, question.maxLength ?? Infinity]
  if (min <= 0 && max === Infinity) return undefined
  return (value, { key, answer }) => {
    if (typeof value !== 'string' && typeof value !== 'number') return NO_VIOLATIONS
    const { length } = [...(typeof value === 'string' ? value : (writtenAs(answer, key) ?? String(value)))]
    const violation = (rule: string) =>
      mismatch(`/${key}`, `{at} has ${length} characters; the question \`${question.linkId}\` takes ${rule}.`)
    return [
      ...(length > max ? [violation(`at most ${max}`)] : []),
      ...(length < min ? [violation(`at least ${min}`)] : []),
    ]
  }
}

/**
 * The extensions minValue and maxValue, both inclusive. A partial date counts as its first instant; as a maximum it
 * includes its whole period.
 */
export const rangeRule: QuestionRule = (question) => {
  const [least] = extensionValues(question, 'minValue')
  const [most] = extensionValues(question, 'maxValue')
  if (least === undefined && most === undefined) return undefined
  return (value, { key }) => {
    if (typeof value !== 'string' && typeof value !== 'number') return NO_VIOLATIONS
    const isLess = (compareValues(value, least) ?? 0) < 0
    const isMore = (compareValues(value, most) ?? 0) > 0 && !isWithin(value, most)
    const violation = (which: string, bound: unknown) =>
      mismatch(`/${key}`, `{at} is ${show(value)}; the ${which} that \`${question.linkId}\` takes is ${show(bound)}.`)
    return [...(isLess ? [violation('minimum', least)] : []), ...(isMore ? [violation('maximum', most)] : [])]
  }
}

// `2022-05` is within `2022`, and `10:00:00.5` within no other second.
const isWithin = (value: unknown, bound: unknown): boolean =>
  typeof value === 'string' && typeof bound === 'string' && /^\d{4}(-\d\d){0,2}$/.test(bound) && value.startsWith(bound)

/** The extension maxDecimalPlaces, by the digits as they were written: `1.50` has two. */
export const decimalRule: QuestionRule = (question) => {
  const max = extensionNumber(question, 'maxDecimalPlaces')
  if (max === undefined) return undefined
  return (value, { key, answer }) => {
    const text = numberText(value, key, answer)
    if (text === undefined || places(text) <= max) return NO_VIOLATIONS
    return [mismatch(`/${key}`, `{at} is \`${text}\`; \`${question.linkId}\` takes at most ${max} decimal places.`)]
  }
}

function numberText(value: unknown, key: string, answer: object): string | undefined {
  if (typeof value === 'number') return writtenAs(answer, key) ?? String(value)
  const amount = (value as { value?: unknown } | null)?.value
  return typeof amount === 'number' ? (writtenAs(value as object, 'value') ?? String(amount)) : undefined
}

function places(text: string): number {
  const [, fraction = '', exponent = '0'] = /^-?\d+(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  return Math.max(0, fraction.length - Number(exponent))
}
