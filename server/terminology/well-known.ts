/** Code systems that no resource lists, because their codes are told by their form or kept by the platform. */
import { formSystem, type CodeSystem, type Verdict } from './code-system.ts'
import { isUnit, UCUM } from './ucum.ts'

/** https://www.rfc-editor.org/rfc/rfc5646#section-2.1 (without grandfathered tags) */
const LANGUAGE =
  /^([A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(-[A-WY-Za-wy-z0-9](-[A-Za-z0-9]{2,8})+)*(-x(-[A-Za-z0-9]{1,8})+)?$/

/** https://www.rfc-editor.org/rfc/rfc5646#section-2.2.7 */
const PRIVATE = /^x(-[A-Za-z0-9]{1,8})+$/i

/** https://www.rfc-editor.org/rfc/rfc6838#section-4.2, with parameters */
const MIME_TYPE = /^[A-Za-z0-9][\w!#$&.+^-]{0,126}\/[A-Za-z0-9*][\w!#$&.+^*-]{0,126}(\s*;.*)?$/

/** No code of these systems is this long; the expressions need not be tried on more. */
const LONG = 1000

/** R4 lets these stand for their FHIR media types. https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.format */
const SHORT = new Set(['xml', 'json', 'ttl'])

const either = (isIn: boolean): Verdict => (isIn ? 'in' : 'out')

export const WELL_KNOWN: ReadonlyMap<string, () => CodeSystem> = new Map([
  ['urn:ietf:bcp:47', languages],
  [
    'urn:ietf:bcp:13',
    () => formSystem((code) => either(SHORT.has(code) || (code.length < LONG && MIME_TYPE.test(code)))),
  ],
  ['urn:iso:std:iso:4217', currencies],
  ['urn:iso:std:iso:3166', countries],
  ['https://www.iana.org/time-zones', timeZones],
  [UCUM, () => formSystem((code) => either(isUnit(code)))],
])

/**
 * A tag is valid when its parts are registered. Two letter languages are all known here, longer ones not.
 * https://www.rfc-editor.org/rfc/rfc5646#section-2.2.9
 */
function languages(): CodeSystem {
  const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' })
  return formSystem(
    (tag) => {
      if (tag.length >= LONG || PRIVATE.test(tag)) return either(tag.length < LONG)
      if (!LANGUAGE.test(tag)) return 'out'
      const [language = ''] = tag.split('-')
      // Subtags of four to eight letters are reserved, and none is registered.
      if (language.length > 3) return 'out'
      if (names.of(language.toLowerCase()) !== undefined) return 'in'
      return language.length === 2 ? 'out' : 'unknown'
    },
    naming(
      names,
      PAIRS.map((pair) => pair.toLowerCase()),
    ),
  )
}

function currencies(): CodeSystem {
  const codes = new Set(Intl.supportedValuesOf('currency'))
  const names = new Intl.DisplayNames(['en'], { type: 'currency', fallback: 'none' })
  return formSystem((code) => either(codes.has(code)), naming(names, codes))
}

/** Countries by two letters; those of three letters or digits are not at hand. https://www.iso.org/iso-3166-country-codes.html */
function countries(): CodeSystem {
  const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
  return formSystem(
    (code) => {
      if (/^([A-Z]{3}|[0-9]{3})$/.test(code)) return 'unknown'
      return either(/^[A-Z]{2}$/.test(code) && code !== 'ZZ' && names.of(code) !== undefined)
    },
    naming(names, PAIRS),
  )
}

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
const PAIRS = LETTERS.flatMap((one) => LETTERS.map((other) => one + other))

/** Finds a code by its English name, which is one of several ways to say it. Read when first asked for. */
function naming(names: Intl.DisplayNames, codes: Iterable<string>): (name: string) => string | undefined {
  let known: ReadonlyMap<string, string> | undefined
  return (name) => {
    known ??= new Map(
      [...codes].flatMap((code) => (names.of(code) ? [[String(names.of(code)).toLowerCase(), code]] : [])),
    )
    return known.get(name.trim().toLowerCase())
  }
}

function timeZones(): CodeSystem {
  return formSystem((code) => {
    try {
      return either(code !== '' && new Intl.DateTimeFormat('en', { timeZone: code }) !== undefined)
    } catch {
      return 'out'
    }
  })
}
