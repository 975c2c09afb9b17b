/** Code systems that no resource lists, because their codes are told by their form or kept by the platform. */
import { formSystem, type CodeSystem } from './code-system.ts'

/** https://www.rfc-editor.org/rfc/rfc5646#section-2.1 (without grandfathered tags) */
const LANGUAGE =
  /^([A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(-[A-WY-Za-wy-z0-9](-[A-Za-z0-9]{2,8})+)*(-x(-[A-Za-z0-9]{1,8})+)?$/

/** https://www.rfc-editor.org/rfc/rfc6838#section-4.2, with parameters */
const MIME_TYPE = /^[A-Za-z0-9][\w!#$&.+^-]{0,126}\/[A-Za-z0-9*][\w!#$&.+^*-]{0,126}(\s*;.*)?$/

/** No code of these systems is this long; the expressions need not be tried on more. */
const LONG = 1000

/** R4 lets these stand for their FHIR media types. https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.format */
const SHORT = new Set(['xml', 'json', 'ttl'])

export const WELL_KNOWN: ReadonlyMap<string, () => CodeSystem> = new Map([
  ['urn:ietf:bcp:47', () => formSystem((code) => code.length < LONG && LANGUAGE.test(code))],
  ['urn:ietf:bcp:13', () => formSystem((code) => SHORT.has(code) || (code.length < LONG && MIME_TYPE.test(code)))],
  ['urn:iso:std:iso:4217', currencies],
  ['https://www.iana.org/time-zones', timeZones],
])

function currencies(): CodeSystem {
  const codes = new Set(Intl.supportedValuesOf('currency'))
  return formSystem((code) => codes.has(code))
}

function timeZones(): CodeSystem {
  return formSystem((code) => {
    try {
      return code !== '' && new Intl.DateTimeFormat('en', { timeZone: code }) !== undefined
    } catch {
      return false
    }
  })
}
