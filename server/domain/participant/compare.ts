/** How far two descriptions agree, field by field. Two that disagree in everything agree as `different`. */
import type { Agreement, MatchingRule } from './matching-rule.ts'
import { isOneSlip, isSimilar, soundOf } from './spelling.ts'
import type { AddressTraits, NameTraits, Traits } from './traits.ts'

export function compareTraits(rule: MatchingRule, a: Traits, b: Traits): Agreement {
  const names = nameAgreement(rule, a, b)
  const birthDate = birthDateAgreement(a.birthDate, b.birthDate)
  // A number alone confirms nothing: neither that it is right nor that it is wrong.
  const isNumbered = birthDate === 'exact' && (names.family === 'exact' || names.family === 'part')
  return {
    ...names,
    birthDate,
    identifier: identifierAgreement(a, b),
    ssn: isNumbered ? sameOr(a.ssn, b.ssn) : 'missing',
    gender: sameOr(a.gender, b.gender),
    phone: anyShared(a.phones, b.phones, (x, y) => x === y || (x.length < 10 || y.length < 10 ? ends(x, y) : false)),
    email: anyShared(a.emails, b.emails, (x, y) => x === y),
    address: addressAgreement(a.addresses, b.addresses),
  }
}

type NameAgreement = Pick<Agreement, 'family' | 'given' | 'middle'>

const FAMILY_ORDER = ['exact', 'part', 'similar', 'phonetic', 'different', 'missing'] as const
const GIVEN_ORDER = ['exact', 'nickname', 'similar', 'middle', 'initial', 'different', 'missing'] as const
const MIDDLE_ORDER = ['exact', 'initial', 'different', 'missing'] as const

/** Each name of the one with each of the other (a maiden name, an alias): the best agreement counts. */
function nameAgreement(rule: MatchingRule, a: Traits, b: Traits): NameAgreement {
  const pairs = a.names.flatMap((one) => b.names.map((other) => [one, other] as const))
  const family = best(
    FAMILY_ORDER,
    pairs.map(([one, other]) => familyLevel(one, other)),
  )
  const given = best(
    GIVEN_ORDER,
    pairs.map(([one, other]) => givenLevel(rule, one, other)),
  )
  const middle = best(
    MIDDLE_ORDER,
    pairs.map(([one, other]) => middleLevel(one.middle, other.middle)),
  )
  const isApart = family === 'different' && given === 'different'
  if (isApart && pairs.some(([one, other]) => isCrossed(one, other)))
    return { family: 'crossed', given: 'crossed', middle: 'missing' }
  return { family, given, middle }
}

const best = <T extends string>(order: readonly T[], levels: readonly T[]): T =>
  order.find((level) => levels.includes(level)) ?? order.at(-1)!

function familyLevel(a: NameTraits, b: NameTraits): (typeof FAMILY_ORDER)[number] {
  if (a.family === '' || b.family === '') return 'missing'
  if (a.family === b.family) return 'exact'
  const [partsA, partsB] = [
    [a.family, ...a.familyParts],
    [b.family, ...b.familyParts],
  ]
  if (partsA.some((part) => partsB.includes(part))) return 'part'
  if (partsA.some((part) => partsB.some((other) => isSimilar(part, other)))) return 'similar'
  return soundOf(a.family) === soundOf(b.family) ? 'phonetic' : 'different'
}

function givenLevel(rule: MatchingRule, a: NameTraits, b: NameTraits): (typeof GIVEN_ORDER)[number] {
  const [one, other] = [a.given, b.given]
  if (one === '' || other === '') return 'missing'
  if (one === other) return 'exact'
  if (one.length === 1 || other.length === 1) return one[0] === other[0] ? 'initial' : 'different'
  const names = rule.canonicalNames(other)
  if (rule.canonicalNames(one).some((name) => names.includes(name))) return 'nickname'
  if (isSimilar(one, other)) return 'similar'
  return a.middle.includes(other) || b.middle.includes(one) ? 'middle' : 'different'
}

function middleLevel(a: readonly string[], b: readonly string[]): (typeof MIDDLE_ORDER)[number] {
  const [one, other] = [a[0], b[0]]
  if (one === undefined || other === undefined) return 'missing'
  if (one === other) return one.length > 1 ? 'exact' : 'initial'
  if (one.length === 1 || other.length === 1) return one[0] === other[0] ? 'initial' : 'different'
  return isSimilar(one, other) ? 'exact' : 'different'
}

/** The family name of the one where the other has the given name. */
const isCrossed = (a: NameTraits, b: NameTraits): boolean =>
  a.given !== '' && b.given !== '' && isSimilar(a.family, b.given) && isSimilar(a.given, b.family)

const DAY = 86_400_000

/** In: dates of FHIR, complete or not. */
export function birthDateAgreement(a: string | undefined, b: string | undefined): Agreement['birthDate'] {
  if (a === undefined || b === undefined) return 'missing'
  if (a === b) return a.length === 10 ? 'exact' : 'partial'
  if (a.length < 10 || b.length < 10) return a.startsWith(b) || b.startsWith(a) ? 'partial' : 'different'
  const [year, month, day] = a.split('-')
  if (b === `${year}-${day}-${month}`) return 'swapped'
  const [one, other] = [a.replaceAll('-', ''), b.replaceAll('-', '')]
  if (isOneSlip(one, other)) return 'digits'
  const apart = Math.abs(Date.parse(a) - Date.parse(b))
  if (apart <= 3 * DAY || a.slice(5) === b.slice(5))
    return Math.abs(Number(year) - Number(b.slice(0, 4))) <= 2 ? 'near' : 'different'
  return 'different'
}

/** Another hub id is another record; another number of an agency may be a second one of the same person. */
function identifierAgreement(a: Traits, b: Traits): Agreement['identifier'] {
  if (a.identifiers.some((one) => b.identifiers.includes(one))) return 'same'
  return a.hubId !== undefined && b.hubId !== undefined ? 'different' : 'missing'
}

const sameOr = (a: string | undefined, b: string | undefined): 'same' | 'different' | 'missing' =>
  a === undefined || b === undefined ? 'missing' : a === b ? 'same' : 'different'

function anyShared(a: readonly string[], b: readonly string[], isSame: (x: string, y: string) => boolean) {
  if (a.length === 0 || b.length === 0) return 'missing'
  return a.some((one) => b.some((other) => isSame(one, other))) ? 'same' : 'different'
}

/** Seven digits without the area code. */
const ends = (x: string, y: string): boolean => x.endsWith(y) || y.endsWith(x)

const ADDRESS_ORDER = ['exact', 'similar', 'area', 'different', 'missing'] as const

const addressAgreement = (a: readonly AddressTraits[], b: readonly AddressTraits[]): Agreement['address'] =>
  best(
    ADDRESS_ORDER,
    a.flatMap((one) => b.map((other) => addressLevel(one, other))),
  )

function addressLevel(a: AddressTraits, b: AddressTraits): (typeof ADDRESS_ORDER)[number] {
  const isSameArea = a.zip !== '' && b.zip !== '' ? a.zip === b.zip : a.city !== '' && a.city === b.city
  const hasStreets = a.street !== '' && b.street !== ''
  const isStreet = hasStreets && (a.street === b.street || isSimilar(a.street, b.street))
  if (isStreet && a.house !== '' && a.house === b.house && isSameArea) return 'exact'
  const isHouse = a.house === b.house || isOneSlip(`000${a.house}`, `000${b.house}`)
  const isAreaMissing = (a.zip === '' || b.zip === '') && (a.city === '' || b.city === '')
  if (isStreet && isHouse && (isSameArea || isAreaMissing || a.city === b.city)) return 'similar'
  return isSameArea ? 'area' : 'different'
}
