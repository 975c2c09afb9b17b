/** What of a participant is compared with another: names, birth date, contacts and numbers, each in one spelling. */
import { items, textOf } from '../../fhir/element.ts'
import type { JsonObject, Resource } from '../../fhir/types.ts'
import { hubIdOf } from './hub-id.ts'
import { identityTokens } from './identity.ts'
import type { MatchingRule } from './matching-rule.ts'
import { wordsOf } from './spelling.ts'

export type NameTraits = {
  /** The whole family name as one word: `GARCIALOPEZ`; empty where there is none. */
  readonly family: string
  /** Its parts, where it has several. */
  readonly familyParts: readonly string[]
  /** The first given name; empty where there is none. */
  readonly given: string
  readonly middle: readonly string[]
}

export type AddressTraits = {
  readonly house: string
  /** The words of the street, without house number and unit. */
  readonly street: string
  readonly city: string
  /** The first five digits. */
  readonly zip: string
}

export type Traits = {
  readonly names: readonly NameTraits[]
  /** `1990-01-08`, `1990-01` or `1990`. */
  readonly birthDate?: string
  readonly gender?: string
  /** The last ten digits of each phone number. */
  readonly phones: readonly string[]
  readonly emails: readonly string[]
  readonly addresses: readonly AddressTraits[]
  /** `system|value` of the hub's and the agencies' identifiers. */
  readonly identifiers: readonly string[]
  readonly hubId?: string | undefined
  /** Keyed hash of the social security number. */
  readonly ssn?: string
}

/** Of names, contacts and addresses, the first so many are compared: nobody has more, and each costs time. */
const MOST = 50

const first = (value: unknown): readonly JsonObject[] => items(value).slice(0, MOST)

/** In: a Patient, complete or not; whatever has not the shape of R4 is not there. `ssn`: the hash of its number. */
export function traitsOf(rule: MatchingRule, patient: Resource, ssn?: string): Traits {
  const traits = traitsWithoutNumber(rule, patient)
  return ssn === undefined ? traits : { ...traits, ssn }
}

/** A participant that is written is compared by several rules, and indexed: its traits are made once. */
const made = new WeakMap<MatchingRule, WeakMap<Resource, Traits>>()

function traitsWithoutNumber(rule: MatchingRule, patient: Resource): Traits {
  const ofRule = made.get(rule) ?? new WeakMap<Resource, Traits>()
  made.set(rule, ofRule)
  const traits = ofRule.get(patient) ?? makeTraits(rule, patient)
  ofRule.set(patient, traits)
  return traits
}

function makeTraits(rule: MatchingRule, patient: Resource): Traits {
  const { birthDate, gender } = patient
  const telecom = first(patient.telecom)
  const hubId = hubIdOf(patient)
  return {
    names: first(patient.name)
      .map((name) => nameTraits(rule, name))
      .filter(({ family, given }) => family !== '' || given !== ''),
    ...(typeof birthDate === 'string' && /^\d{4}(-\d\d){0,2}$/.test(birthDate) ? { birthDate } : {}),
    ...(gender === 'male' || gender === 'female' ? { gender } : {}),
    phones: distinct(telecom.filter(({ system }) => system !== 'email').flatMap(phoneOf)),
    emails: distinct(telecom.filter(({ system }) => system === 'email').flatMap(emailOf)),
    addresses: first(patient.address).flatMap((one) => addressTraits(rule, one)),
    identifiers: identityTokens(patient).map(({ system, code }) => `${system}|${code}`),
    ...(hubId === undefined ? {} : { hubId }),
  }
}

function nameTraits({ suffixes }: MatchingRule, name: JsonObject): NameTraits {
  const { family, given } = splitName(name)
  const isName = (word: string): boolean => !suffixes.has(word)
  const familyWords = wordsOf(family).filter(isName)
  const [first = '', ...middle] = given.flatMap(wordsOf).filter(isName)
  return {
    family: familyWords.join(''),
    familyParts: familyWords.length > 1 ? familyWords.filter((word) => word.length > 2) : [],
    given: first,
    middle,
  }
}

/** A name that is only a text: `Presley, Elvis A` or `Elvis A Presley`. */
function splitName({ family, given, text }: JsonObject): {
  readonly family: string
  readonly given: readonly string[]
} {
  const givens = (Array.isArray(given) ? given : [given]).flatMap((one: unknown) => textOf(one) ?? [])
  if (textOf(family) !== undefined || givens.length > 0) return { family: textOf(family) ?? '', given: givens }
  const whole = textOf(text) ?? ''
  const [before = '', after] = whole.split(',', 2)
  if (after !== undefined) return { family: before, given: [after] }
  const words = whole.trim().split(/\s+/)
  return { family: words.at(-1) ?? '', given: words.slice(0, -1) }
}

/** The keys of a telephone. https://www.itu.int/rec/T-REC-E.161 */
const KEYS: readonly (readonly [letters: RegExp, digit: string])[] = [
  [/[abc]/gi, '2'],
  [/[def]/gi, '3'],
  [/[ghi]/gi, '4'],
  [/[jkl]/gi, '5'],
  [/[mno]/gi, '6'],
  [/[pqrs]/gi, '7'],
  [/[tuv]/gi, '8'],
  [/[wxyz]/gi, '9'],
]

const LETTER = /[a-z]/i

/** `+1 (662) 555-0101 ext. 4`, `662.555.0101` and `tel:16625550101` are one number. */
function phoneOf({ value }: JsonObject): readonly string[] {
  const text = (textOf(value) ?? '').replace(/^tel:/i, '').replace(/\s*(ext|x|#).*$/i, '')
  const keyed = LETTER.test(text)
    ? KEYS.reduce((written, [letters, digit]) => written.replace(letters, digit), text)
    : text
  const digits = keyed.replace(/\D/g, '')
  return digits.length < 7 ? [] : [digits.slice(-10)]
}

function emailOf({ value }: JsonObject): readonly string[] {
  const text = (textOf(value) ?? '')
    .trim()
    .replace(/^mailto:/i, '')
    .toLowerCase()
  return text.includes('@') ? [text] : []
}

function addressTraits({ table, unitWords }: MatchingRule, address: JsonObject): readonly AddressTraits[] {
  const { line, city, postalCode } = address
  const lines = (Array.isArray(line) ? line : [line]).flatMap((one: unknown) => textOf(one) ?? [])
  const words = wordsOf(lines.join(' ').replaceAll('#', ' APT ')).map((word) => table.streetWords[word] ?? word)
  const unit = words.findIndex((word, index) => index > 0 && unitWords.has(word))
  const kept = unit < 0 ? words : words.slice(0, unit)
  const zip = /^\d{5}/.exec(textOf(postalCode)?.trim() ?? '')?.[0] ?? ''
  const house = kept.find((word) => /^\d/.test(word)) ?? ''
  const street = kept.filter((word) => word !== house).join(' ')
  const found = { house, street, city: wordsOf(textOf(city) ?? '').join(' '), zip }
  return street === '' && zip === '' ? [] : [found]
}

const distinct = (list: readonly string[]): readonly string[] => [...new Set(list)]
