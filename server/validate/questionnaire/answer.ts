/** One answer against its question: the type of its value, then the rules that the question sets. */
import type { Violation } from '../violation.ts'
import { list, mismatch, NONE, type Asked, type Check, type Rule } from './asked.ts'
import { attachmentRule } from './rules/attachment.ts'
import { decimalRule, lengthRule, rangeRule } from './rules/limits.ts'
import { optionRule } from './rules/options.ts'
import { quantityRangeRule, unitRule } from './rules/quantity.ts'
import { referenceRule } from './rules/reference.ts'
import { lineRule, patternRule } from './rules/text.ts'
import { valueSetRule } from './rules/value-set.ts'
import { objects, valueKey, type Answer, type Question } from './shapes.ts'

/** In the order in which they are told. */
const RULES: readonly Rule[] = [
  lengthRule,
  lineRule,
  patternRule,
  rangeRule,
  decimalRule,
  quantityRangeRule,
  unitRule,
  attachmentRule,
  referenceRule,
  optionRule,
  valueSetRule,
]

/** The properties that carry the answer to each type of question. https://hl7.org/fhir/R4/valueset-item-type.html */
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

/** Faults with pointers below the answer. */
export function answerViolations(answer: Answer, question: Question, asked: Asked): readonly Violation[] {
  const key = valueKey(answer)
  if (key === undefined) return NONE
  const { allowed, checks } = ready(question)
  if (allowed.length > 0 && !allowed.includes(key)) {
    const text = `{at}: the question \`${question.linkId}\` is answered with ${list(allowed)}, not with \`${key}\`.`
    return [mismatch(`/${key}`, text)]
  }
  const value = answer[key]
  return checks.flatMap((check) => check(value, { key, answer }, asked))
}

/** What a question asks of each answer: the properties that may hold it, and checks of the value. */
export type Ready = { readonly allowed: readonly string[]; readonly checks: readonly Check[] }

/** Only a shortcut: what a question asks is read once. */
const known = new WeakMap<Question, Ready>()

export function ready(question: Question): Ready {
  const made = known.get(question) ?? {
    allowed: allowedKeys(question),
    checks: RULES.flatMap((rule) => rule(question) ?? []),
  }
  known.set(question, made)
  return made
}

// Options of a choice may be of other types than Coding.
function allowedKeys(question: Question): readonly string[] {
  const type = question.type ?? ''
  const own = (Object.hasOwn(VALUES, type) ? VALUES[type] : undefined) ?? []
  const options = objects(question.answerOption).flatMap((option) => valueKey(option) ?? [])
  return [...new Set([...own, ...options])]
}
