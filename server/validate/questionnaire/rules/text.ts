/** What a text may look like. https://hl7.org/fhir/R4/valueset-item-type.html, https://hl7.org/fhir/R4/extension-regex.html */
import { show } from '../../keywords/value.ts'
import { linearPattern } from '../../terminology/pattern.ts'
import { mismatch, warning, type Rule } from '../asked.ts'
import { extensionValues } from '../shapes.ts'

/** `string` is a short text of one line, `text` a longer one. */
export const lineRule: Rule = (value, { key, question }) =>
  question.type === 'string' && typeof value === 'string' && /[\r\n]/.test(value)
    ? [warning(`/${key}`, `{at} has line breaks, but the question \`${question.linkId}\` asks for one line.`)]
    : []

/** Longer texts are not tried: a pattern may take time that grows much faster than they do. */
const LONGEST = 1000

/** The extension regex: the whole answer has this form. */
export const patternRule: Rule = (value, { key, question }, { isContained }) => {
  const [pattern] = extensionValues(question, 'regex')
  if (typeof pattern !== 'string' || !['string', 'number'].includes(typeof value)) return []
  const text = String(value)
  // A pattern that came with the response is anybody's, and may be made to take for ever.
  const test = text.length > LONGEST ? undefined : isContained ? linearPattern(pattern) : compiled(pattern)
  if (!test)
    return [warning(`/${key}`, `{at} could not be checked against the pattern of the question \`${question.linkId}\`.`)]
  if (test(text)) return []
  const [example] = extensionValues(question, 'entryFormat')
  const like = typeof example === 'string' ? `, as in ${show(example)}` : ''
  return [
    mismatch(
      `/${key}`,
      `{at} is ${show(value)}; the question \`${question.linkId}\` asks for the form ${show(pattern)}${like}.`,
    ),
  ]
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
