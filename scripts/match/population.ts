/**
 * A population of invented people in which some are recorded twice, by another agency, with realistic differences; and
 * some who are easily taken for each other: twins, parents and children of one name, people who share a home.
 */
import type { Resource } from '../../server/fhir/types.ts'
import { secondTime } from './mistakes.ts'
import { birthDate, emailOf, givenName, person, phone, recorded, ssn, type Person } from './person.ts'
import { createRandom, type Random } from '../random.ts'

export type Recorded = {
  /** Who it is: two records of one person have the same. */
  readonly person: number
  readonly patient: Resource
  /** What differs from the first record; undefined for a first one. */
  readonly mistakes?: readonly string[]
}

export type PopulationOptions = { readonly records: number; readonly duplicates: number; readonly seed: number }

/** First records, then the second ones. */
export function population({ records, duplicates, seed }: PopulationOptions): readonly Recorded[] {
  const random = createRandom(seed)
  const people: Person[] = []
  while (people.length < records - duplicates) {
    const one = person(random)
    people.push(one)
    if (random.percent(8)) people.push(relative(random, one))
  }
  people.length = records - duplicates
  const first = people.map((one, index) => ({ person: index, patient: recorded(random, one, 'es') }))
  const step = people.length / duplicates
  const second = Array.from({ length: duplicates }, (_, count) => {
    const index = Math.floor(count * step)
    const { person: again, mistakes } = secondTime(random, people[index]!)
    return { person: index, patient: recorded(random, again, 'dhs'), mistakes }
  })
  return [...first, ...second]
}

/** Somebody at the same address. */
function relative(random: Random, { home, family, ...one }: Person): Person {
  const { phone: shared } = one
  const own = {
    family,
    ...(home ? { home } : {}),
    ...(random.percent(50) && shared ? { phone: shared } : { phone: phone(random) }),
    ...(random.percent(70) ? { ssn: ssn(random) } : {}),
  }
  const gender = random.percent(50) ? one.gender : one.gender === 'male' ? 'female' : 'male'
  return random.pick([
    // A twin.
    (): Person => ({
      ...own,
      gender,
      given: otherThan(one.given, () => givenName(random, gender)),
      birthDate: one.birthDate,
    }),
    // A parent or child of the same name.
    (): Person => ({ ...own, gender: one.gender, given: one.given, birthDate: generationApart(one.birthDate) }),
    (): Person => ({
      ...own,
      gender,
      given: givenName(random, gender),
      birthDate: birthDate(random),
      email: emailOf(random, 'home', family),
    }),
  ])()
}

function otherThan(name: string, make: () => string): string {
  const made = make()
  return made === name ? otherThan(name, make) : made
}

function generationApart(date: string): string {
  const year = Number(date.slice(0, 4))
  return `${year < 1985 ? year + 24 : year - 24}${date.slice(4, 8)}${date.endsWith('15') ? '16' : '15'}`
}
