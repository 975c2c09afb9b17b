/**
 * Media types: what the hub reads, and what it writes: FHIR in JSON or in XML.
 * https://hl7.org/fhir/R4/http.html#mime-type and https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 */
import { PATCH_FORMATS } from '../interactions/options.ts'
import type { Body } from '../interactions/routes.ts'
import { refuse } from '../fhir/outcome.ts'

export type Format = 'json' | 'xml'

/** How a response is written, and the Content-Type that says so. */
export type Written = { readonly format: Format; readonly contentType: string }

export const FHIR_JSON = 'application/fhir+json; charset=utf-8'
export const JSON_WRITTEN: Written = { format: 'json', contentType: FHIR_JSON }

/** The types that mean FHIR, and the general ones that "clients may use" for it. */
const FORMATS: Readonly<Record<string, Format>> = {
  'application/fhir+json': 'json',
  'application/fhir+xml': 'xml',
  'application/json': 'json',
  'application/xml': 'xml',
  'text/json': 'json',
  'text/xml': 'xml',
}

const RESOURCE = ['application/fhir+json', 'application/json', 'application/fhir+xml', 'application/xml', 'text/xml']

/** For the CapabilityStatement. https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.format */
export const DECLARED_FORMATS: readonly string[] = ['application/fhir+json', 'application/fhir+xml', 'json', 'xml']

const READ: Readonly<Record<Exclude<Body, 'none'>, readonly string[]>> = {
  resource: RESOURCE,
  optional: RESOURCE,
  patch: ['application/json-patch+json', ...RESOURCE],
  form: ['application/x-www-form-urlencoded'],
}

export const isJsonPatch = (header: string | undefined): boolean => parseMedia(header ?? '').type === PATCH_FORMATS[0]

/**
 * Which format a body has, by its Content-Type; a form and a JSON Patch count as `json`.
 * @throws OutcomeError `media-type` with Accept naming what is read instead.
 */
export function checkContentType(header: string | undefined, body: Exclude<Body, 'none'>): Format {
  const usual = body === 'resource' ? USUAL.get(header ?? '') : undefined
  if (usual) return usual.format
  const { type, parameters } = parseMedia(header ?? '')
  const charset = parameters.get('charset')
  const readable = READ[body].includes(type) && (charset ?? 'utf-8') === 'utf-8' && isR4(parameters)
  if (readable) return FORMATS[type] ?? 'json'
  const found = header === undefined ? 'no Content-Type' : `Content-Type \`${header.slice(0, 100)}\``
  if (body === 'patch') {
    const text = `The patch has ${found}; send a JSON Patch as \`application/json-patch+json\`, or a FHIRPath Patch (Parameters) as \`application/fhir+json\`.`
    throw refuse('media-type', text, { headers: { 'Accept-Patch': PATCH_FORMATS.join(', ') } })
  }
  const text = `The body has ${found}; send it as \`${READ[body].join('` or `')}\`, in UTF-8 and FHIR version 4.0.`
  throw refuse('media-type', text, { headers: { Accept: READ[body].join(', ') } })
}

/**
 * In which format the response is written. `_format` wins over Accept; among types of the same quality the first counts, and
 * JSON where any will do.
 * @throws OutcomeError `not-acceptable`.
 */
export function negotiate(accept: string | undefined, format: string | undefined): Written {
  if (format !== undefined) return writtenFor(format)
  if (accept === undefined || accept === '' || accept === '*/*') return JSON_WRITTEN
  const found = USUAL.get(accept) ?? best(accept)
  if (found) return found
  throw refuse('not-acceptable', `The hub does not write \`${accept.slice(0, 100)}\`. ${WRITES}`)
}

const WRITES = 'It writes `application/fhir+json` and `application/fhir+xml`.'

/** `_format`: a media type, or the short name of one. https://hl7.org/fhir/R4/http.html#parameters */
function writtenFor(text: string): Written {
  const { type, parameters } = parseMedia(text)
  // A `+` in an address may have been read as a space.
  const name = type.replace(' ', '+')
  const format = name === '*/*' ? 'json' : name === 'json' || name === 'xml' ? name : formatOf(name)
  if (format && isR4(parameters)) return written(`application/fhir+${format}`, parameters)
  throw refuse(
    'not-acceptable',
    `The hub does not write \`_format=${text.slice(0, 100)}\`. Ask for \`json\` or \`xml\`.`,
  )
}

/** Without a search through the header for what most clients send. */
const USUAL = new Map<string, Written>(
  ['application/fhir+json', 'application/json', 'application/fhir+xml'].map((type) => [type, written(type, new Map())]),
)

/** A browser, which accepts text/html, gets JSON too. */
const ANY = new Set(['*/*', 'application/*', 'text/*', 'text/html'])

type Range = Media & { readonly quality: number }

function best(accept: string): Written | undefined {
  const ranges = accept.split(',', MOST_RANGES).map((text): Range => {
    const media = parseMedia(text)
    return { ...media, quality: qualityOf(media.parameters.get('q')) }
  })
  let chosen: Range | undefined
  for (const range of ranges) {
    if (range.quality === 0 || !isR4(range.parameters) || !(formatOf(range.type) ?? ANY.has(range.type))) continue
    if (!chosen || range.quality > chosen.quality) chosen = range
  }
  if (!chosen) return undefined
  if (formatOf(chosen.type)) return written(chosen.type, chosen.parameters)
  // Any type will do, but for those that are refused by name.
  const refused = new Set(ranges.filter(({ quality }) => quality === 0).map(({ type }) => formatOf(type)))
  const format = (['json', 'xml'] as const).find((one) => !refused.has(one))
  return format && written(`application/fhir+${format}`, chosen.parameters)
}

const MOST_RANGES = 50

/** Does a client that accepts these types want FHIR by name (https://hl7.org/fhir/R4/binary.html#rest)? */
export function namesFhir(accept: string | undefined, format: string | undefined): boolean {
  if (format !== undefined) return true
  return (accept ?? '').split(',', MOST_RANGES).some((text) => {
    const { type, parameters } = parseMedia(text)
    return /^application\/fhir\+(?:json|xml)$/.test(type) && qualityOf(parameters.get('q')) > 0
  })
}

/** Is it one of the types in which FHIR is written, of any version? */
export const isFhirType = (header: string | undefined): boolean => formatOf(parseMedia(header ?? '').type) !== undefined

function formatOf(type: string): Format | undefined {
  return Object.hasOwn(FORMATS, type) ? FORMATS[type] : undefined
}

function written(type: string, parameters: Media['parameters']): Written {
  const version = parameters.has('fhirversion') ? '; fhirVersion=4.0' : ''
  return { format: formatOf(type) ?? 'json', contentType: `${type}${version}; charset=utf-8` }
}

/** https://hl7.org/fhir/R4/http.html#version-parameter */
const isR4 = (parameters: Media['parameters']): boolean => /^4\.0(?:\.1)?$/.test(parameters.get('fhirversion') ?? '4.0')

/** A weight that cannot be read counts as 1. */
const qualityOf = (text: string | undefined): number =>
  text !== undefined && /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : 1

type Media = { readonly type: string; readonly parameters: ReadonlyMap<string, string> }

function parseMedia(text: string): Media {
  const [type, ...rest] = text.toLowerCase().split(';')
  const parameters = new Map<string, string>()
  for (const part of rest) {
    const [name, value] = part.split('=', 2)
    parameters.set(name!.trim(), (value ?? '').trim().replace(/^"(.*)"$/, '$1'))
  }
  return { type: type!.trim(), parameters }
}
