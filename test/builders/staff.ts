/** Staff of an agency, the care team of a participant, and the people of the participant's household. */
import type { JsonObject } from '../../server/fhir/types.ts'
import { agency, codeSystemAt, coded, profileAt, type Body } from './coding.ts'

export const practitioner = (family = 'Rivera', given = 'Carmen'): Body => ({
  resourceType: 'Practitioner',
  active: true,
  name: [{ use: 'official', family, given: [given] }],
})

/** What a member of staff (`Practitioner/...`) does for an agency. */
export const practitionerRole = (person: string, by: string, code = 'case-manager'): Body => ({
  resourceType: 'PractitionerRole',
  active: true,
  practitioner: { reference: person },
  organization: agency(by),
  code: [coded(codeSystemAt('staff-role'), code)],
})

/** An entry of a care team. */
export const teamMember = (role: string, member: string, more: JsonObject = {}): JsonObject => ({
  role: [coded(codeSystemAt('care-team-role'), role)],
  member: { reference: member },
  ...more,
})

/** The interagency team, led by a PractitionerRole, with other entries. */
export const careTeam = (subject: string, leader: string, ...others: readonly JsonObject[]): Body => ({
  resourceType: 'CareTeam',
  status: 'active',
  category: [coded(codeSystemAt('care-team-category'), 'interagency')],
  subject: { reference: subject },
  participant: [teamMember('primary-case-manager', leader), ...others],
})

/** A team of one agency. */
export const agencyTeam = (subject: string, ...participant: readonly JsonObject[]): Body => ({
  resourceType: 'CareTeam',
  status: 'active',
  category: [coded(codeSystemAt('care-team-category'), 'agency')],
  subject: { reference: subject },
  participant,
})

/** Somebody of the participant's household; by default a daughter. */
export const relatedPerson = (subject: string, code = 'DAUC', more: JsonObject = {}): Body => ({
  resourceType: 'RelatedPerson',
  extension: [{ url: profileAt('ext-in-household'), valueBoolean: true }],
  active: true,
  patient: { reference: subject },
  relationship: [coded('http://terminology.hl7.org/CodeSystem/v3-RoleCode', code)],
  name: [{ use: 'official', family: 'Ferris', given: ['Luz'] }],
  birthDate: '2017-06-20',
  ...more,
})
