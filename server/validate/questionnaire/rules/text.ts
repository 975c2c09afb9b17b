/** Lines and form of a text. https://hl7.org/fhir/R4/valueset-item-type.html, https://hl7.org/fhir/R4/extension-regex.html */
import { show } from '../../keywords/value.ts'
import { compileLinearRegex } from '../../../fhirpath/linear-regex.ts'
import { mismatch, NO_VIOLATIONS, warning, type QuestionRule } from '../question-rule.ts'
import { extensionValues } from '../questionnaire-types.ts'

/** A question of type `string` takes one line, one of type `text` several. */
export const lineRule: QuestionRule = (question) =>
  question.type === 'string'
    ? (value, { key }) =>
        typeof value === 'string' && /[\r\n]/.test(value)
          ? [warning(`/${key}`, `{at} has line breaks, but the question \`${question.linkId}\` asks for one line.`)]
          : NO_VIOLATIONS
    : undefined

/** Longer texts are not matched, because the time of a regular expression may grow exponentially. */
const LONGEST = 1000

/** The extension regex: it must match the whole answer. */
export const patternRule: QuestionRule = (question) => {
  const [pattern] = extensionValues(question, 'regex')
  if (typeof pattern !== 'string') return undefined
  const trusted = compiled(pattern)
  // A client may send a pattern in a contained questionnaire that takes exponential time: those are matched in linear time.
  const linear = compileLinearRegex(pattern)
  const [example] = extensionValues(question, 'entryFormat')
  const like = typeof example === 'string' ? `, as in ${show(example)}` : ''
  const form = `the question \`${question.linkId}\` asks for the form ${show(pattern)}${like}`
  return (value, { key }, { isContained }) => {
    if (typeof value !== 'string' && typeof value !== 'number') return NO_VIOLATIONS
    const text = String(value)
    const test = text.length > LONGEST ? undefined : isContained ? linear : trusted
    if (!test) return [warning(`/${key}`, `{at} could not be checked: ${form}.`)]
    return test(text) ? NO_VIOLATIONS : [mismatch(`/${key}`, `{at} is ${show(value)}; ${form}.`)]
  }
}

function compiled(pattern: string): ((text: string) => boolean) | undefined {
  for (const flags of ['u', '']) {
    try {
      const form = new RegExp(`^(?:${pattern})$`, flags)
      return (text) => form.test(text)
    } catch {
      continue
    }
  }
  return undefined
}
