/**
 * The hub id of a participant: twelve characters, `MS` and ten digits, made by the hub and never changed. It fills
 * PIRL element 100 (unique individual identifier), which must not be a social security number.
 */
import { randomInt } from 'node:crypto'
import type { Resource } from '../../fhir/types.ts'
import { carry } from '../../fhir/decimals.ts'
import { namingSystem } from '../../fhir/canonical.ts'
import { items } from '../../fhir/element.ts'

export const HUB_ID = namingSystem('hub-id')

/** The hub id of a participant, if it carries one. */
export function hubIdOf(patient: Resource | undefined): string | undefined {
  const value = items(patient?.identifier).find((one) => one.system === HUB_ID)?.value
  return typeof value === 'string' ? value : undefined
}

export const isHubId = (text: string): boolean => /^MS\d{10}$/.test(text)

/**
 * A new hub id from ten random digits (`below(n)` gives a whole number in [0, n)). It may be taken, if seldom:
 * the commit that uses it must make sure that no participant has it.
 */
export const newHubId = (below: (limit: number) => number = randomInt): string =>
  `MS${String(below(10_000_000_000)).padStart(10, '0')}`

/**
 * The participant with its one hub id: that of the stored version, else a new one. As with id and meta, what a client
 * sends in its place is not taken.
 */
export function withHubId<T extends Resource>(patient: T, before: Resource | undefined, make: () => string): T {
  const value = hubIdOf(before) ?? make()
  const sent = Array.isArray(patient.identifier) ? patient.identifier : []
  const own = sent.filter((one) => items(one)[0]?.system === HUB_ID)
  if (own.length === 1 && hubIdOf(patient) === value) return patient
  const others = sent.filter((one) => !own.includes(one))
  return carry(patient, { ...patient, identifier: [{ system: HUB_ID, value }, ...others] })
}
