/**
 * Those who may act for a participant: guardians, and whoever has a power of attorney.
 * https://terminology.hl7.org/CodeSystem-v3-RoleCode.html
 */
import type { Resource } from '../../fhir/types.ts'
import { codesOf } from '../../fhir/element.ts'

const ROLE_CODE = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode'
const AUTHORITY = ['GUARD', 'GUADLTM', 'RESPRSN', 'POWATT', 'DPOWATT', 'HPOWATT', 'SPOWATT']

/** Does a RelatedPerson act for the participant? */
export const isRepresentative = (person: Resource): boolean =>
  codesOf(person.relationship, ROLE_CODE).some((code) => AUTHORITY.includes(code))

/** What an authority follows from: whose it is, of what kind, from when to when. */
export const AUTHORITY_ELEMENTS: readonly string[] = ['relationship', 'period', 'active']
