/** Length, range and decimal places of an answer. https://hl7.org/fhir/R4/questionnaire-profiles.html */
import { writtenAs } from '../../../fhir/decimals.ts'
import type { Fault } from '../../run.ts'
import { show } from '../../keywords/value.ts'
import { mismatch, type Rule } from '../asked.ts'
import { order } from '../compare.ts'
import { extensionNumber, extensionValues } from '../shapes.ts'

/** Questionnaire.item.maxLength, and the extension minLength: of texts and of what is written as one. */
export const lengthRule: Rule = (value, { key, question, answer }) => {
  if (typeof value !== 'string' && typeof value !== 'number') return []
  const text = typeof value === 'string' ? value : (writtenAs(answer, key) ?? String(value))
  const { length } = [...text]
  const [min, max] = [extensionNumber(question, 'minLength'), question.maxLength]
  const faults: Fault[] = []
  const tell = (rule: string) =>
    faults.push(mismatch(`/${key}`, `{at} has ${length} characters; the question \`${question.linkId}\` ${rule}.`))
  if (typeof max === 'number' && length > max) tell(`takes at most ${max}`)
  if (min !== undefined && length < min) tell(`takes at least ${min}`)
  return faults
}

/**
 * The extensions minValue and maxValue, both inclusive. Of dates that are less precise the first instant counts for the
 * value, and the whole of it for the bound.
 */
export const rangeRule: Rule = (value, { key, question }) => {
  if (typeof value !== 'string' && typeof value !== 'number') return []
  const [least] = extensionValues(question, 'minValue')
  const [most] = extensionValues(question, 'maxValue')
  const isLess = (order(value, least) ?? 0) < 0
  const isMore = (order(value, most) ?? 0) > 0 && !isWithin(value, most)
  return [
    ...(isLess
      ? [outside(key, value, `the least that the question \`${question.linkId}\` takes is ${show(least)}`)]
      : []),
    ...(isMore
      ? [outside(key, value, `the most that the question \`${question.linkId}\` takes is ${show(most)}`)]
      : []),
  ]
}

// `2022-05` is within `2022`, and `10:00:00.5` within no other second.
const isWithin = (value: unknown, bound: unknown): boolean =>
  typeof value === 'string' && typeof bound === 'string' && /^\d{4}(-\d\d){0,2}$/.test(bound) && value.startsWith(bound)

const outside = (key: string, value: unknown, rule: string): Fault =>
  mismatch(`/${key}`, `{at} is ${show(value)}; ${rule}.`)

/** The extension maxDecimalPlaces, by the digits as they were written: `1.50` has two. */
export const decimalRule: Rule = (value, { key, question, answer }) => {
  const max = extensionNumber(question, 'maxDecimalPlaces')
  const text = max === undefined ? undefined : numberText(value, key, answer)
  if (max === undefined || text === undefined || places(text) <= max) return []
  return [
    mismatch(
      `/${key}`,
      `{at} is \`${text}\`; the question \`${question.linkId}\` takes at most ${max} decimal places.`,
    ),
  ]
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
