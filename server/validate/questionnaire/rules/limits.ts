/** Length, range and decimal places of an answer. https://hl7.org/fhir/R4/questionnaire-profiles.html */
import { writtenAs } from '../../../fhir/decimals.ts'
import { show } from '../../keywords/value.ts'
import { mismatch, NONE, type Rule } from '../asked.ts'
import { order } from '../compare.ts'
import { extensionNumber, extensionValues } from '../shapes.ts'

/** Questionnaire.item.maxLength, and the extension minLength: of texts and of what is written as one. */
export const lengthRule: Rule = (question) => {
  const [min, max] = [extensionNumber(question, 'minLength') ?? 0, question.maxLength ?? Infinity]
  if (min <= 0 && max === Infinity) return undefined
  return (value, { key, answer }) => {
    if (typeof value !== 'string' && typeof value !== 'number') return NONE
    const { length } = [...(typeof value === 'string' ? value : (writtenAs(answer, key) ?? String(value)))]
    const tell = (rule: string) =>
      mismatch(`/${key}`, `{at} has ${length} characters; the question \`${question.linkId}\` takes ${rule}.`)
    return [...(length > max ? [tell(`at most ${max}`)] : []), ...(length < min ? [tell(`at least ${min}`)] : [])]
  }
}

/**
 * The extensions minValue and maxValue, both inclusive. Of dates that are less precise the first instant counts for the
 * value, and the whole of it for the bound.
 */
export const rangeRule: Rule = (question) => {
  const [least] = extensionValues(question, 'minValue')
  const [most] = extensionValues(question, 'maxValue')
  if (least === undefined && most === undefined) return undefined
  return (value, { key }) => {
    if (typeof value !== 'string' && typeof value !== 'number') return NONE
    const isLess = (order(value, least) ?? 0) < 0
    const isMore = (order(value, most) ?? 0) > 0 && !isWithin(value, most)
    const tell = (which: string, bound: unknown) =>
      mismatch(`/${key}`, `{at} is ${show(value)}; the ${which} that \`${question.linkId}\` takes is ${show(bound)}.`)
    return [...(isLess ? [tell('least', least)] : []), ...(isMore ? [tell('most', most)] : [])]
  }
}

// `2022-05` is within `2022`, and `10:00:00.5` within no other second.
const isWithin = (value: unknown, bound: unknown): boolean =>
  typeof value === 'string' && typeof bound === 'string' && /^\d{4}(-\d\d){0,2}$/.test(bound) && value.startsWith(bound)

/** The extension maxDecimalPlaces, by the digits as they were written: `1.50` has two. */
export const decimalRule: Rule = (question) => {
  const max = extensionNumber(question, 'maxDecimalPlaces')
  if (max === undefined) return undefined
  return (value, { key, answer }) => {
    const text = numberText(value, key, answer)
    if (text === undefined || places(text) <= max) return NONE
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
