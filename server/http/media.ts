/**
 * Media types: what the hub reads and what it writes. It writes JSON and nothing else.
 * https://hl7.org/fhir/R4/http.html#mime-type and #general
 */
import type { Body } from '../interactions/routes.ts'
import { refuse } from '../fhir/outcome.ts'

export const FHIR_JSON = 'application/fhir+json; charset=utf-8'

const READ: Readonly<Record<Exclude<Body, 'none'>, readonly string[]>> = {
  resource: ['application/fhir+json', 'application/json'],
  optional: ['application/fhir+json', 'application/json'],
  patch: ['application/json-patch+json', 'application/fhir+json', 'application/json'],
  form: ['application/x-www-form-urlencoded'],
}

/** What PATCH takes: JSON Patch, and FHIRPath Patch as a Parameters resource. https://www.rfc-editor.org/rfc/rfc5789#section-3.1 */
export const ACCEPT_PATCH = 'application/json-patch+json, application/fhir+json'

export const isJsonPatch = (header: string | undefined): boolean =>
  parseMedia(header ?? '').type === 'application/json-patch+json'

/** A browser asks for text/html; it gets JSON too. */
const WRITTEN = new Set([
  '*/*',
  'application/*',
  'application/fhir+json',
  'application/json',
  'text/json',
  'text/html',
  'text/*',
])

/** https://hl7.org/fhir/R4/http.html#parameters; a `+` in an address may have been read as a space. */
const FORMATS = new Set([
  'json',
  'application/json',
  'application/fhir+json',
  'application/fhir json',
  'text/json',
  '*/*',
])

/** @throws OutcomeError `media-type` with Accept naming what is read instead. */
export function checkContentType(header: string | undefined, body: Exclude<Body, 'none'>): void {
  const { type, parameters } = parseMedia(header ?? '')
  const charset = parameters.get('charset')
  const version = parameters.get('fhirversion')
  const readable = READ[body].includes(type) && (charset ?? 'utf-8') === 'utf-8' && (version ?? '4.0') === '4.0'
  if (readable) return
  const found = header === undefined ? 'no Content-Type' : `Content-Type \`${header.slice(0, 100)}\``
  if (body === 'patch') {
    const text = `The patch has ${found}; send a JSON Patch as \`application/json-patch+json\`, or a FHIRPath Patch (Parameters) as \`application/fhir+json\`.`
    throw refuse('media-type', text, { headers: { 'Accept-Patch': ACCEPT_PATCH } })
  }
  const text = `The body has ${found}; send it as \`${READ[body].join('` or `')}\`, in UTF-8 and FHIR version 4.0.`
  throw refuse('media-type', text, { headers: { Accept: READ[body].join(', ') } })
}

/**
 * May the answer be JSON? `_format` wins over Accept.
 * @throws OutcomeError `not-acceptable`.
 */
export function checkAcceptable(accept: string | undefined, format: string | undefined): void {
  if (format !== undefined) {
    if (FORMATS.has(parseMedia(format).type)) return
    throw refuse('not-acceptable', `The hub does not write \`_format=${format.slice(0, 100)}\`. Ask for \`json\`.`)
  }
  if (accept === undefined || WRITTEN.has(accept) || accept === '' || accept.split(',').some(acceptsJson)) return
  const text = `The hub does not write \`${accept.slice(0, 100)}\`. Accept \`application/fhir+json\`.`
  throw refuse('not-acceptable', text)
}

function acceptsJson(range: string): boolean {
  const { type, parameters } = parseMedia(range)
  if (!WRITTEN.has(type) || (parameters.get('fhirversion') ?? '4.0') !== '4.0') return false
  return !/^0(\.0{0,3})?$/.test(parameters.get('q') ?? '1')
}

function parseMedia(text: string): { type: string; parameters: ReadonlyMap<string, string> } {
  const [type, ...rest] = text.toLowerCase().split(';')
  const parameters = new Map<string, string>()
  for (const part of rest) {
    const [name, value] = part.split('=', 2)
    parameters.set(name!.trim(), (value ?? '').trim().replace(/^"(.*)"$/, '$1'))
  }
  return { type: type!.trim(), parameters }
}
