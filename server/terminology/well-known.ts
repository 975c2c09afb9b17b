/** Code systems that no resource lists: their codes have a syntax of their own, or the platform (Intl) has them. */
import { syntaxCodeSystem, type CodeSystem, type CodeMembership } from './code-system.ts'
import { isUcumUnit, UCUM } from './ucum.ts'

/** https://www.rfc-editor.org/rfc/rfc5646#section-2.1 (without grandfathered tags) */
const LANGUAGE =
  /^([A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(-[A-WY-Za-wy-z0-9](-[A-Za-z0-9]{2,8})+)*(-x(-[A-Za-z0-9]{1,8})+)?$/

/** https://www.rfc-editor.org/rfc/rfc5646#section-2.2.7 */
const PRIVATE_USE = /^x(-[A-Za-z0-9]{1,8})+$/i

/** https://www.rfc-editor.org/rfc/rfc6838#section-4.2, with parameters */
const MIME_TYPE = /^[A-Za-z0-9][\w!#$&.+^-]{0,126}\/[A-Za-z0-9*][\w!#$&.+^*-]{0,126}(\s*;.*)?$/

/** Longer texts are no code of these systems, and are not matched. */
const MAX_LENGTH = 1000

/** Format codes that R4 allows for the FHIR media types. https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.format */
const FORMAT_CODES = new Set(['xml', 'json', 'ttl'])

const membershipIf = (isIn: boolean): CodeMembership => (isIn ? 'in' : 'out')

export const WELL_KNOWN: ReadonlyMap<string, () => CodeSystem> = new Map([
  ['urn:ietf:bcp:47', languages],
  [
    'urn:ietf:bcp:13',
    () =>
      syntaxCodeSystem((code) =>
        membershipIf(FORMAT_CODES.has(code) || (code.length < MAX_LENGTH && MIME_TYPE.test(code))),
      ),
  ],
  ['urn:iso:std:iso:4217', currencies],
  ['urn:iso:std:iso:3166', countries],
  ['https://www.iana.org/time-zones', timeZones],
  [UCUM, () => syntaxCodeSystem((code) => membershipIf(isUcumUnit(code)))],
])

/**
 * A tag is valid when its parts are registered. Intl has all two letter languages, but not all longer ones.
 * https://www.rfc-editor.org/rfc/rfc5646#section-2.2.9
 */
function languages(): CodeSystem {
  const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' })
  return syntaxCodeSystem(
    (tag) => {
      if (tag.length >= MAX_LENGTH || PRIVATE_USE.test(tag)) return membershipIf(tag.length < MAX_LENGTH)
      if (!LANGUAGE.test(tag)) return 'out'
      const [language = ''] = tag.split('-')
      // Subtags of four to eight letters are reserved, and none is registered.
      if (language.length > 3) return 'out'
      if (names.of(language.toLowerCase()) !== undefined) return 'in'
      return language.length === 2 ? 'out' : 'unknown'
    },
    codeByName(
      names,
      TWO_LETTERS.map((pair) => pair.toLowerCase()),
    ),
  )
}

function currencies(): CodeSystem {
  const codes = new Set(Intl.supportedValuesOf('currency'))
  const names = new Intl.DisplayNames(['en'], { type: 'currency', fallback: 'none' })
  return syntaxCodeSystem((code) => membershipIf(codes.has(code)), codeByName(names, codes))
}

/** Country codes of two letters; Intl does not have those of three letters or digits. https://www.iso.org/iso-3166-country-codes.html */
function countries(): CodeSystem {
  const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
  return syntaxCodeSystem(
    (code) => {
      if (/^([A-Z]{3}|[0-9]{3})$/.test(code)) return 'unknown'
      return membershipIf(/^[A-Z]{2}$/.test(code) && code !== 'ZZ' && names.of(code) !== undefined)
    },
    codeByName(names, TWO_LETTERS),
  )
}

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
const TWO_LETTERS = LETTERS.flatMap((one) => LETTERS.map((other) => one + other))

/** Finds a code by its English name. The names are read on first use. */
function codeByName(names: Intl.DisplayNames, codes: Iterable<string>): (name: string) => string | undefined {
  let codesByName: ReadonlyMap<string, string> | undefined
  return (name) => {
    codesByName ??= new Map(
      [...codes].flatMap((code) => (names.of(code) ? [[String(names.of(code)).toLowerCase(), code]] : [])),
    )
    return codesByName.get(name.trim().toLowerCase())
  }
}

function timeZones(): CodeSystem {
  return syntaxCodeSystem((code) => {
    try {
      return membershipIf(code !== '' && new Intl.DateTimeFormat('en', { timeZone: code }) !== undefined)
    } catch {
      return 'out'
    }
  })
}
