/** Media type and size of an attachment. https://hl7.org/fhir/R4/extension-mimetype.html, https://hl7.org/fhir/R4/extension-maxsize.html */
import type { JsonObject } from '../../../fhir/types.ts'
import type { Violation } from '../../violation.ts'
import { show } from '../../keywords/value.ts'
import { list, mismatch, NO_VIOLATIONS, type QuestionRule } from '../question-rule.ts'
import { extensionNumber, extensionValues } from '../questionnaire-types.ts'

/** The extensions mimeType (any of them) and maxSize (in bytes). */
export const attachmentRule: QuestionRule = (question) => {
  const types = extensionValues(question, 'mimeType').filter((one): one is string => typeof one === 'string')
  const max = extensionNumber(question, 'maxSize') ?? Infinity
  if (types.length === 0 && max === Infinity) return undefined
  return (value, { key }) => {
    if (key !== 'valueAttachment' || typeof value !== 'object' || value === null) return NO_VIOLATIONS
    const { contentType, data, size } = value as JsonObject
    return [...typeViolations(contentType, types), ...sizeViolations(data, size, max)]
  }
}

function typeViolations(given: unknown, types: readonly string[]): readonly Violation[] {
  // Parameters (`; charset=utf-8`) do not change the type. https://www.rfc-editor.org/rfc/rfc2045#section-5
  const essence = (text: string): string => (text.split(';')[0] ?? '').trim().toLowerCase()
  const isGiven = typeof given === 'string'
  if (types.length === 0 || (isGiven && types.some((one) => essence(one) === essence(given)))) return NO_VIOLATIONS
  const shown = isGiven ? `is of the type ${show(given)}` : 'has no `contentType`'
  return [mismatch('', `{at}: the attachment ${shown}; the question takes ${list(types)}.`)]
}

function sizeViolations(data: unknown, stated: unknown, max: number): readonly Violation[] {
  const size = typeof data === 'string' ? byteLength(data) : typeof stated === 'number' ? stated : 0
  return size > max
    ? [mismatch('', `{at}: the attachment has ${size} bytes; the question takes at most ${max}.`)]
    : NO_VIOLATIONS
}

/** The number of bytes that a base64 text encodes, without its white space. */
function byteLength(base64: string): number {
  const digits = base64.replace(/[\s=]/g, '').length
  return Math.floor((digits * 3) / 4)
}
