/** An invented person, as it is, and as a participant that an agency records. */
import type { JsonObject, Resource } from '../../server/fhir/types.ts'
import { CITIES, FAMILIES, MEN, STREET_KINDS, STREETS, WOMEN } from './names.ts'
import type { Random } from '../random.ts'

export type Home = { readonly line: string; readonly city: string; readonly zip: string }

export type Person = {
  readonly family: string
  /** The family name at birth, where it is another. */
  readonly maiden?: string
  readonly given: string
  readonly middle?: string
  readonly gender: 'male' | 'female'
  readonly birthDate: string
  readonly home?: Home
  readonly phone?: string
  readonly email?: string
  readonly ssn?: string
}

/** A name of the list; those at its beginning are more frequent, as in the population. */
const frequent = (random: Random, list: readonly string[]): string =>
  list[Math.floor(list.length * random.next() ** 1.8)]!

/** Half of the people have a name of the list; the others one of many that are rare. */
export const familyName = (random: Random): string =>
  random.percent(55) ? frequent(random, FAMILIES) : rareName(random)

const SYLLABLES =
  'bar bel ber bor cal dal dun fel gar gran hal har hol kel kin lam lang lar mac mar mon nor par ped ral ros san sel tal tor van ver wal wes win zel'.split(
    ' ',
  )
const ENDINGS =
  'ard bach den field ford ham ski land ler ley man mann ner sen son ston ton wick worth ez ino elli'.split(' ')

function rareName(random: Random): string {
  const text = random.pick(SYLLABLES) + (random.percent(40) ? random.pick(SYLLABLES) : '') + random.pick(ENDINGS)
  return text.charAt(0).toUpperCase() + text.slice(1)
}

export const givenName = (random: Random, gender: Person['gender']): string =>
  frequent(random, gender === 'male' ? MEN : WOMEN)

const two = (number: number): string => String(number).padStart(2, '0')

/** From 16 to 75 years before 2026. */
export const birthDate = (random: Random): string =>
  `${1951 + random.below(60)}-${two(1 + random.below(12))}-${two(1 + random.below(28))}`

export function home(random: Random): Home {
  const city = random.below(CITIES.length)
  return {
    line: `${1 + random.below(2400)} ${random.pick(STREETS)} ${random.pick(STREET_KINDS)}${random.percent(15) ? ` Apt ${1 + random.below(40)}` : ''}`,
    city: CITIES[city]!.replace('-', ' '),
    zip: String(38_600 + city * 7 + random.below(6)),
  }
}

export const phone = (random: Random): string =>
  `${random.pick(['601', '662', '228', '769'])}${200 + random.below(800)}${String(random.below(10_000)).padStart(4, '0')}`

export const ssn = (random: Random): string =>
  `${two(1 + random.below(5))}${1 + random.below(9)}-${two(1 + random.below(99))}-${String(1 + random.below(9999)).padStart(4, '0')}`

export function person(random: Random): Person {
  const gender = random.percent(50) ? 'male' : 'female'
  const [family, given] = [familyName(random), givenName(random, gender)]
  return {
    family,
    given,
    ...(random.percent(60) ? { middle: givenName(random, gender) } : {}),
    gender,
    birthDate: birthDate(random),
    ...(random.percent(90) ? { home: home(random) } : {}),
    ...(random.percent(85) ? { phone: phone(random) } : {}),
    ...(random.percent(45) ? { email: emailOf(random, given, family) } : {}),
    ...(random.percent(70) ? { ssn: ssn(random) } : {}),
  }
}

export const emailOf = (random: Random, given: string, family: string): string =>
  `${given}.${family}${random.below(1000)}@mail.example`.toLowerCase().replace(/[^a-z0-9.@]/g, '')

const PHONES: readonly ((area: string, exchange: string, line: string) => string)[] = [
  (area, exchange, line) => `${area}-${exchange}-${line}`,
  (area, exchange, line) => `(${area}) ${exchange}-${line}`,
  (area, exchange, line) => `+1 ${area} ${exchange} ${line}`,
  (area, exchange, line) => `${area}.${exchange}.${line}`,
  (area, exchange, line) => `1${area}${exchange}${line}`,
]

/** The participant that an agency records. Spellings of numbers and addresses differ between agencies. */
export function recorded(random: Random, one: Person, agency: string): Resource {
  const telecom: JsonObject[] = []
  if (one.phone) {
    const [area, exchange, line] = [one.phone.slice(0, 3), one.phone.slice(3, 6), one.phone.slice(6)]
    telecom.push({ system: 'phone', value: random.pick(PHONES)(area, exchange, line) })
  }
  if (one.email) telecom.push({ system: 'email', value: one.email })
  const given = [one.given, ...(one.middle ? [random.percent(50) ? one.middle : one.middle.charAt(0)] : [])]
  return {
    resourceType: 'Patient',
    ...(one.ssn ? { identifier: [{ system: 'http://hl7.org/fhir/sid/us-ssn', value: one.ssn }] } : {}),
    active: true,
    name: [
      { use: 'official', family: one.family, given },
      ...(one.maiden ? [{ use: 'maiden', family: one.maiden }] : []),
    ],
    gender: one.gender,
    birthDate: one.birthDate,
    ...(telecom.length > 0 ? { telecom } : {}),
    ...(one.home ? { address: [addressOf(random, one.home)] } : {}),
    managingOrganization: { reference: `Organization/${agency}` },
  }
}

const SHORT: Readonly<Record<string, string>> = {
  Street: 'St',
  Avenue: 'Ave.',
  Road: 'Rd',
  Drive: 'DR',
  Lane: 'Ln',
  Boulevard: 'Blvd',
}

function addressOf(random: Random, { line, city, zip }: Home): JsonObject {
  const written = random.percent(50)
    ? line.replace(/Street|Avenue|Road|Drive|Lane|Boulevard/, (word) => SHORT[word] ?? word)
    : line
  return {
    use: 'home',
    line: [random.percent(15) ? written.toUpperCase() : written],
    city,
    state: 'MS',
    postalCode: zip,
  }
}
