/** Of consents, those that hold now as far as somebody gave them for the participant (domain/visibility/authority.ts). */
import {
  authoritiesOf,
  givenBy,
  heldBy,
  holdsAt,
  majorityOf,
  type AuthoritySources,
  type GivenBy,
} from '../domain/visibility/authority.ts'
import { isDenial } from '../domain/referral/consent.ts'
import { idOf } from '../fhir/element.ts'
import type { Key, Resource } from '../fhir/types.ts'
import type { RuleTables } from './rule-tables.ts'

export type AuthorityReading = Pick<RuleTables, 'visibility' | 'range'> & {
  /** The instant (ms). */
  readonly now: number
  /** A RelatedPerson or Patient, whoever may know of it: nothing of it is answered. */
  read(key: Key): Promise<Resource | undefined>
}

/** Reads nothing where the participants gave all of them. Denials are always among them. */
export async function consentsInForce<T extends Resource>(
  reading: AuthorityReading,
  consents: readonly T[],
): Promise<readonly T[]> {
  const holds = await Promise.all(consents.map((one) => isInForce(reading, one)))
  return consents.filter((_, index) => holds[index])
}

/** Does nobody's lack of authority keep this consent from holding now? */
export async function isInForce(reading: AuthorityReading, consent: Resource): Promise<boolean> {
  const by = giverOf(reading, consent)
  return by === undefined || isDenial(consent) || holdsAt(reading.now, by, await authoritiesFor(reading, consent, by))
}

/** When one of these consents begins or ceases to hold next (ms), as far as somebody gave it for the participant. */
export async function nextAuthority(
  reading: AuthorityReading,
  consents: readonly Resource[],
): Promise<number | undefined> {
  const bounds = await Promise.all(
    consents.map(async (consent) => {
      const by = consent.status === 'active' ? giverOf(reading, consent) : undefined
      if (by === undefined) return []
      const periods = heldBy([{ agency: '*' }], by, await authoritiesFor(reading, consent, by))
      return periods.flatMap(({ from, until }) => [from ?? -Infinity, until ?? Infinity])
    }),
  )
  const next = Math.min(...bounds.flat().filter((at) => at > reading.now))
  return Number.isFinite(next) ? next : undefined
}

/** What the participant and those who gave a consent say of how long it holds. */
async function authoritiesFor(reading: AuthorityReading, consent: Resource, by: GivenBy): Promise<AuthoritySources> {
  const { visibility, range } = reading
  const participant = idOf(consent.patient, 'Patient') ?? ''
  const [patient, ...persons] = await Promise.all([
    reading.read({ type: 'Patient', id: participant }),
    ...by.persons.map((id) => reading.read({ type: 'RelatedPerson', id })),
  ])
  const own = persons.map((one) => (one && idOf(one.patient, 'Patient') === participant ? one : undefined))
  return {
    authorities: (id) => {
      const person = own[by.persons.indexOf(id)]
      return person ? authoritiesOf(visibility, person, range) : []
    },
    majority: patient && majorityOf(visibility, patient, range),
  }
}

const giverOf = ({ visibility, range }: AuthorityReading, consent: Resource): GivenBy | undefined => {
  const row = visibility.circle.find((one) => one.type === consent.resourceType && one.performer !== undefined)
  return row?.performer === undefined ? undefined : givenBy(consent, row.performer, range)
}
