/** What an attachment may be. https://hl7.org/fhir/R4/extension-mimetype.html, https://hl7.org/fhir/R4/extension-maxsize.html */
import type { Fault } from '../../run.ts'
import { show } from '../../keywords/value.ts'
import { list, mismatch, type Rule } from '../asked.ts'
import { extensionNumber, extensionValues, type Bag } from '../shapes.ts'

/** The extensions mimeType (any of them) and maxSize (in bytes). */
export const attachmentRule: Rule = (value, { key, question }) => {
  if (key !== 'valueAttachment' || typeof value !== 'object' || value === null) return []
  const { contentType, data, size } = value as Bag
  return [...typeFaults(contentType, question), ...sizeFaults(data, size, question)]
}

function typeFaults(given: unknown, question: Bag): Fault[] {
  const allowed = extensionValues(question, 'mimeType').filter((one): one is string => typeof one === 'string')
  if (allowed.length === 0) return []
  // Parameters (`; charset=utf-8`) do not change the type. https://www.rfc-editor.org/rfc/rfc2045#section-5
  const essence = (text: string): string => (text.split(';')[0] ?? '').trim().toLowerCase()
  if (typeof given === 'string' && allowed.some((one) => essence(one) === essence(given))) return []
  const shown = typeof given === 'string' ? `is of the type ${show(given)}` : 'does not say its `contentType`'
  return [mismatch('', `{at}: the attachment ${shown}; the question takes ${list(allowed)}.`)]
}

function sizeFaults(data: unknown, stated: unknown, question: Bag): Fault[] {
  const max = extensionNumber(question, 'maxSize')
  const size = typeof data === 'string' ? byteLength(data) : typeof stated === 'number' ? stated : undefined
  if (max === undefined || size === undefined || size <= max) return []
  return [mismatch('', `{at}: the attachment has ${size} bytes; the question takes at most ${max}.`)]
}

/** Of what base64 stands for; white space in it counts for nothing. */
function byteLength(base64: string): number {
  const digits = base64.replace(/[\s=]/g, '').length
  return Math.floor((digits * 3) / 4)
}
