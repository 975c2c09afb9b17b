/**
 * The primitive types: the JSON type of each, its form as a pattern (for the published JSON Schemas) and the test that
 * the hub runs. https://hl7.org/fhir/R4/datatypes.html#primitive
 */
import { isDate, isDateTime, isInstant, isTime } from '../fhir/dates.ts'
import { FHIR_ID } from '../fhir/types.ts'

export type PrimitiveType = {
  readonly json: 'string' | 'number' | 'integer' | 'boolean'
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  /** Is the value valid? Absent where the JSON type alone decides. */
  readonly test?: (value: never) => boolean
  /** For a value that fails the test: does it violate a SHOULD, hence a warning? */
  readonly warns?: (value: string) => boolean
  /** Ends the sentence "It must be ...". */
  readonly description: string
}

const MAX_INTEGER = 2_147_483_647
const DATE = '[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?'
const TIME = '([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?'
const ZONE = '(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))'

const TEXT = '^[\\s\\S]+$'

const OID = /^urn:oid:[0-2](\.(0|[1-9][0-9]*))+$/
const UUID = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Every primitive type of R4. Patterns are linear in time, whatever the length of the value. */
export const PRIMITIVE_TYPES: Readonly<Record<string, PrimitiveType>> = {
  boolean: { json: 'boolean', description: 'true or false' },
  integer: {
    json: 'integer',
    minimum: -MAX_INTEGER - 1,
    maximum: MAX_INTEGER,
    description: 'a whole number of 32 bits',
  },
  unsignedInt: { json: 'integer', minimum: 0, maximum: MAX_INTEGER, description: 'a whole number, 0 or more' },
  positiveInt: { json: 'integer', minimum: 1, maximum: MAX_INTEGER, description: 'a whole number, 1 or more' },
  decimal: { json: 'number', description: 'a number' },
  string: {
    json: 'string',
    pattern: TEXT,
    test: isText,
    warns: isWithinMaxLength,
    description: 'text with at least one visible character and no control characters',
  },
  markdown: {
    json: 'string',
    pattern: TEXT,
    test: isText,
    warns: isWithinMaxLength,
    description: 'markdown with at least one visible character and no control characters',
  },
  code: {
    json: 'string',
    pattern: '^[^\\s]+(\\s[^\\s]+)*$',
    test: isCode,
    description: 'a code: no spaces at either end, and no two in a row',
  },
  id: {
    json: 'string',
    pattern: '^[A-Za-z0-9\\-.]{1,64}$',
    test: matches(FHIR_ID),
    description: 'an id: 1 to 64 letters, digits, `-` and `.`',
  },
  uri: {
    json: 'string',
    pattern: '^\\S+$',
    test: isUri,
    description: 'a URI: no white space; after `urn:uuid:` a UUID, after `urn:oid:` an OID',
  },
  url: { json: 'string', pattern: '^\\S+$', test: isUri, description: 'a URL: no white space' },
  canonical: { json: 'string', pattern: '^\\S+$', test: isUri, description: 'a canonical URL: no white space' },
  oid: {
    json: 'string',
    pattern: '^urn:oid:[0-2](\\.(0|[1-9][0-9]*))+$',
    test: matches(OID),
    description: 'an OID as `urn:oid:1.2.3`',
  },
  uuid: {
    json: 'string',
    pattern: '^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
    test: matches(UUID),
    description: 'a UUID as `urn:uuid:` and 36 lower-case characters',
  },
  date: { json: 'string', pattern: `^${DATE}$`, test: isDate, description: 'a real date: YYYY, YYYY-MM or YYYY-MM-DD' },
  dateTime: {
    json: 'string',
    pattern: `^${DATE.replace(/\)\?$/, `(T${TIME}${ZONE})?)?`)}$`,
    test: isDateTime,
    description: 'a real date, with a time and its zone if it has a time: `2024-02-29T13:28:17-05:00`',
  },
  instant: {
    json: 'string',
    pattern: `^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T${TIME}${ZONE}$`,
    test: isInstant,
    description: 'a real instant with seconds and zone: `2024-02-29T13:28:17Z`',
  },
  time: { json: 'string', pattern: `^${TIME}$`, test: isTime, description: 'a time of day with seconds: `13:28:17`' },
  base64Binary: { json: 'string', pattern: '^[0-9A-Za-z+/=\\s]+$', test: isBase64, description: 'base64 text' },
  xhtml: {
    json: 'string',
    pattern: '^\\s*<div[\\s>]',
    test: isXhtmlDiv,
    description: 'one `<div>` of the namespace `http://www.w3.org/1999/xhtml`',
  },
}

export const isPrimitive = (type: string | undefined): boolean =>
  type !== undefined && Object.hasOwn(PRIMITIVE_TYPES, type)

function matches(form: RegExp): (value: string) => boolean {
  return (value) => form.test(value)
}

// "Strings SHOULD not contain Unicode character points below 32" but tab, line feed and carriage return, and "SHOULD
// always contain non-whitespace content". https://hl7.org/fhir/R4/datatypes.html#string
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/

/** "Strings SHALL NOT exceed 1MB (1024*1024 characters) in size" https://hl7.org/fhir/R4/datatypes.html#string */
const MAX_STRING_LENGTH = 1024 * 1024

function isText(value: string): boolean {
  return isWithinMaxLength(value) && (isPlain(value) || (/\S/.test(value) && !CONTROL.test(value)))
}

/** Printable ASCII without leading space, as most texts are: a loop is faster than a pattern. */
function isPlain(value: string): boolean {
  if (value.length === 0 || value.length > 200 || value.charCodeAt(0) === SPACE) return false
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if (code < SPACE || code > 126) return false
  }
  return true
}

/** Printable ASCII without a space. */
function isWord(value: string): boolean {
  if (value.length === 0 || value.length > 200) return false
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if (code <= SPACE || code > 126) return false
  }
  return true
}

const SPACE = 32

function isWithinMaxLength(value: string): boolean {
  return value.length <= MAX_STRING_LENGTH
}

function isCode(value: string): boolean {
  return isWord(value) || (value.length > 0 && !/^\s|\s$|\s\s/.test(value) && !CONTROL.test(value))
}

function isUri(value: string): boolean {
  const isOne = isWord(value) || (value.length > 0 && !/\s/.test(value))
  return isOne && (!value.startsWith('urn:') || isUrn(value))
}

// A URI that begins with `urn:uuid:` or `urn:oid:` is a UUID or an OID. https://hl7.org/fhir/R4/datatypes.html#uri
function isUrn(value: string): boolean {
  // RFC 4122 allows both cases; only the type `uuid` requires lower case.
  if (value.startsWith('urn:uuid:')) return UUID.test(value.toLowerCase())
  return !value.startsWith('urn:oid:') || OID.test(value)
}

// White space is allowed between groups of four. https://www.rfc-editor.org/rfc/rfc4648#section-4
function isBase64(value: string): boolean {
  const bare = /\s/.test(value) ? value.replace(/\s+/g, '') : value
  return bare.length > 0 && bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare)
}

const XHTML = 'http://www.w3.org/1999/xhtml'

function isXhtmlDiv(value: string): boolean {
  return /^\s*<div[\s>/]/.test(value) && value.includes(XHTML) && /(<\/div\s*>|\/>)\s*$/.test(value)
}
