/** Records about a participant: the participant, a barrier, wages, a participation in a program; and labels on them. */
import type { JsonObject } from '../../server/fhir/types.ts'
import { agency, codeSystemAt, coded, ROOT, type Body } from './coding.ts'

/** A restricted class; `V`: very restricted, without a class. */
export type Label = 'disability' | 'rehabilitation' | 'wages' | 'V'

const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'

/** The record with labels of restriction. */
export function labelled<T extends Body>(body: T, ...labels: readonly Label[]): T {
  const classes = labels
    .filter((label) => label !== 'V')
    .map((code) => ({ system: codeSystemAt('restricted-class'), code }))
  const security = [{ system: CONFIDENTIALITY, code: labels.includes('V') ? 'V' : 'R' }, ...classes]
  return labels.length === 0 ? body : { ...body, meta: { security } }
}

type Person = { readonly ssn?: string; readonly number?: string; readonly family?: string; readonly given?: string }

/** A participant whom the agency entered. `number` is the agency's own. */
export const participant = (entry: string, { ssn, number, family = 'Ferris', given = 'Ida' }: Person = {}): Body => ({
  resourceType: 'Patient',
  ...(ssn || number
    ? {
        identifier: [
          ...(ssn ? [{ system: 'http://hl7.org/fhir/sid/us-ssn', value: ssn }] : []),
          ...(number
            ? [{ system: `${ROOT}/NamingSystem/agency/${entry}`, value: number, assigner: agency(entry) }]
            : []),
        ],
      }
    : {}),
  active: true,
  name: [{ use: 'official', family, given: [given] }],
  gender: 'female',
  birthDate: '1990-01-08',
  managingOrganization: agency(entry),
})

/** A participant with a number of the agency and a home in Lee County, so that programs serve the place. */
export const resident = (entry: string, number: string): Body => ({
  ...participant(entry, { number, family: `Family ${number}`, given: 'Given' }),
  address: [{ use: 'home', district: '28081', state: 'MS' }],
})

export const condition = (subject: string, code = 'homeless'): Body => ({
  resourceType: 'Condition',
  clinicalStatus: coded('http://terminology.hl7.org/CodeSystem/condition-clinical', 'active'),
  verificationStatus: coded('http://terminology.hl7.org/CodeSystem/condition-ver-status', 'confirmed'),
  category: [coded(codeSystemAt('condition-category'), 'barrier')],
  code: coded(codeSystemAt('barrier'), code),
  subject: { reference: subject },
  recordedDate: '2026-01-05',
})

/** A wage record: always labelled. */
export const wages = (subject: string, performer: string): Body =>
  labelled(
    {
      resourceType: 'Observation',
      status: 'final',
      category: [coded(codeSystemAt('observation-category'), 'wage-record')],
      code: coded(codeSystemAt('wage'), 'quarterly-wages'),
      subject: { reference: subject },
      effectivePeriod: { start: '2025-10-01', end: '2025-12-31' },
      performer: [agency(performer)],
      valueQuantity: { value: 4200, unit: 'USD', system: 'urn:iso:std:iso:4217', code: 'USD' },
      component: [{ code: coded(codeSystemAt('wage-component'), 'employer-account'), valueString: 'E-1' }],
    },
    'wages',
  )

export const participation = (subject: string, by: string, more: JsonObject = {}): Body => ({
  resourceType: 'EpisodeOfCare',
  status: 'active',
  type: [coded(codeSystemAt('program'), 'other')],
  patient: { reference: subject },
  managingOrganization: agency(by),
  period: { start: '2026-01-05' },
  ...more,
})
