/** Search parameters and a capability for the tests of search. */
import { createCursors } from '../../server/search/page.ts'
import type { SearchParameter, ResourceCapability } from '../../server/definitions/definitions.ts'

export const cursors = createCursors(Buffer.alloc(32, 1))

type ParameterParts = Pick<SearchParameter, 'code' | 'type' | 'expression'> & Partial<SearchParameter>

export const parameter = (given: ParameterParts): SearchParameter => ({
  url: `http://hub.example/SearchParameter/${given.code}`,
  target: [],
  documentation: '',
  ...given,
})

/** A type with parameters of every search type. (R4 has no dose in it: it stands for a number.) */
export const CAPABILITY: ResourceCapability = {
  type: 'ServiceRequest',
  profiles: [],
  searchParameters: [
    parameter({ code: 'identifier', type: 'token', expression: 'ServiceRequest.identifier' }),
    parameter({ code: 'status', type: 'token', expression: 'ServiceRequest.status' }),
    parameter({ code: 'code', type: 'token', expression: 'ServiceRequest.code' }),
    parameter({ code: 'category', type: 'token', expression: 'ServiceRequest.category' }),
    parameter({ code: 'requisition', type: 'token', expression: 'ServiceRequest.requisition' }),
    parameter({
      code: 'patient',
      type: 'reference',
      expression: 'ServiceRequest.subject.where(resolve() is Patient)',
      target: ['Patient'],
    }),
    parameter({
      code: 'subject',
      type: 'reference',
      expression: 'ServiceRequest.subject',
      target: ['Group', 'Patient'],
    }),
    parameter({
      code: 'requester',
      type: 'reference',
      expression: 'ServiceRequest.requester',
      target: ['Organization'],
    }),
    parameter({
      code: 'performer',
      type: 'reference',
      expression: 'ServiceRequest.performer',
      target: ['Organization'],
    }),
    parameter({ code: 'authored', type: 'date', expression: 'ServiceRequest.authoredOn' }),
    parameter({ code: 'occurrence', type: 'date', expression: 'ServiceRequest.occurrence' }),
    parameter({
      code: 'instantiates-canonical',
      type: 'reference',
      expression: 'ServiceRequest.instantiatesCanonical',
    }),
    parameter({ code: 'dose', type: 'number', expression: 'ServiceRequest.dose' }),
    parameter({ code: 'rule', type: 'uri', expression: 'ServiceRequest.instantiatesUri' }),
    parameter({ code: 'title', type: 'string', expression: 'ServiceRequest.patientInstruction' }),
    parameter({
      code: 'origin',
      type: 'token',
      expression: "ServiceRequest.extension.where(url = 'http://hub.example/origin').value",
    }),
  ],
  interactions: ['search-type'],
  versioning: 'versioned',
  includes: ['ServiceRequest:patient', 'ServiceRequest:subject'],
  writer: 'agency',
}

export const BASE = 'http://hub.example/fhir'
export const CONTEXT = { base: BASE, timeZone: 'America/Chicago' }
export const NOW = Date.UTC(2026, 10, 24)

/** The types that the references of CAPABILITY lead to. */
const OTHERS: readonly ResourceCapability[] = [
  other('Patient', [
    parameter({ code: 'identifier', type: 'token', expression: 'Patient.identifier' }),
    parameter({ code: 'family', type: 'string', expression: 'Patient.name.family' }),
    parameter({ code: 'birthdate', type: 'date', expression: 'Patient.birthDate' }),
    parameter({
      code: 'organization',
      type: 'reference',
      expression: 'Patient.managingOrganization',
      target: ['Organization'],
    }),
  ]),
  other('Group', [parameter({ code: 'identifier', type: 'token', expression: 'Group.identifier' })]),
  other('Organization', [
    parameter({ code: 'name', type: 'string', expression: 'Organization.name' }),
    parameter({ code: 'partof', type: 'reference', expression: 'Organization.partOf', target: ['Organization'] }),
  ]),
]

function other(type: string, searchParameters: readonly SearchParameter[]): ResourceCapability {
  return {
    type,
    profiles: [],
    searchParameters,
    interactions: ['search-type'],
    versioning: 'versioned',
    includes: [],
    writer: 'agency',
  }
}

const CAPABILITIES = [...OTHERS, CAPABILITY]

/** All of them. */
export const OFFERED = {
  capabilities: CAPABILITIES,
  capability: (type: string) => CAPABILITIES.find((one) => one.type === type),
}
