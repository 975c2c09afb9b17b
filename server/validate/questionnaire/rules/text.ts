/** What a text may look like. https://hl7.org/fhir/R4/valueset-item-type.html, https://hl7.org/fhir/R4/extension-regex.html */
import { show } from '../../keywords/value.ts'
import { linearPattern } from '../../../terminology/pattern.ts'
import { mismatch, NONE, warning, type Rule } from '../asked.ts'
import { extensionValues } from '../shapes.ts'

/** `string` is a short text of one line, `text` a longer one. */
export const lineRule: Rule = (question) =>
  question.type === 'string'
    ? (value, { key }) =>
        typeof value === 'string' && /[\r\n]/.test(value)
          ? [warning(`/${key}`, `{at} has line breaks, but the question \`${question.linkId}\` asks for one line.`)]
          : NONE
    : undefined

/** Longer texts are not tried: a pattern may take time that grows much faster than they do. */
const LONGEST = 1000

/** The extension regex: the whole answer has this form. */
export const patternRule: Rule = (question) => {
  const [pattern] = extensionValues(question, 'regex')
  if (typeof pattern !== 'string') return undefined
  const trusted = compiled(pattern)
  // A pattern that came with the response is anybody's, and may be made to take for ever.
  const linear = linearPattern(pattern)
  const [example] = extensionValues(question, 'entryFormat')
  const like = typeof example === 'string' ? `, as in ${show(example)}` : ''
  const form = `the question \`${question.linkId}\` asks for the form ${show(pattern)}${like}`
  return (value, { key }, { isContained }) => {
    if (typeof value !== 'string' && typeof value !== 'number') return NONE
    const text = String(value)
    const test = text.length > LONGEST ? undefined : isContained ? linear : trusted
    if (!test) return [warning(`/${key}`, `{at} could not be checked: ${form}.`)]
    return test(text) ? NONE : [mismatch(`/${key}`, `{at} is ${show(value)}; ${form}.`)]
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
