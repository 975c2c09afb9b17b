/** Builders of participants' records that conform to the published profiles, for the tests of who may know. */
import type { JsonObject } from '../../server/fhir/types.ts'

const ROOT = 'https://no-wrong-door.example/fhir'
const cs = (name: string) => `${ROOT}/CodeSystem/${name}`
const profile = (name: string) => `${ROOT}/StructureDefinition/${name}`
const agency = (id: string) => ({ reference: `Organization/${id}` })
const coded = (system: string, code: string) => ({ coding: [{ system, code }] })

export type Body = JsonObject & { readonly resourceType: string }
/** A restricted class; `V`: very restricted, without a class. */
export type Label = 'disability' | 'rehabilitation' | 'wages' | 'V'

const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'

/** The record with labels of restriction. */
export function labelled<T extends Body>(body: T, ...labels: readonly Label[]): T {
  const classes = labels.filter((label) => label !== 'V').map((code) => ({ system: cs('restricted-class'), code }))
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

export const condition = (subject: string, code = 'homeless'): Body => ({
  resourceType: 'Condition',
  clinicalStatus: coded('http://terminology.hl7.org/CodeSystem/condition-clinical', 'active'),
  verificationStatus: coded('http://terminology.hl7.org/CodeSystem/condition-ver-status', 'confirmed'),
  category: [coded(cs('condition-category'), 'barrier')],
  code: coded(cs('barrier'), code),
  subject: { reference: subject },
  recordedDate: '2026-01-05',
})

/** A wage record: always labelled. */
export const wages = (subject: string, performer: string): Body =>
  labelled(
    {
      resourceType: 'Observation',
      status: 'final',
      category: [coded(cs('observation-category'), 'wage-record')],
      code: coded(cs('wage'), 'quarterly-wages'),
      subject: { reference: subject },
      effectivePeriod: { start: '2025-10-01', end: '2025-12-31' },
      performer: [agency(performer)],
      valueQuantity: { value: 4200, unit: 'USD', system: 'urn:iso:std:iso:4217', code: 'USD' },
      component: [{ code: coded(cs('wage-component'), 'employer-account'), valueString: 'E-1' }],
    },
    'wages',
  )

export const goal = (subject: string): Body => ({
  resourceType: 'Goal',
  lifecycleStatus: 'active',
  category: [coded(cs('goal-type'), 'short-term')],
  description: { text: 'High school equivalency' },
  subject: { reference: subject },
})

export const participation = (subject: string, by: string, more: JsonObject = {}): Body => ({
  resourceType: 'EpisodeOfCare',
  status: 'active',
  type: [coded(cs('program'), 'other')],
  patient: { reference: subject },
  managingOrganization: agency(by),
  period: { start: '2026-01-05' },
  ...more,
})

type Terms = {
  readonly start?: string
  readonly end?: string
  readonly classes?: readonly string[]
  readonly more?: JsonObject
}

/** A consent collected by `by` that lets `to` know. */
export const consent = (subject: string, by: string, to: string, { start, end, classes, more }: Terms = {}): Body => ({
  resourceType: 'Consent',
  status: 'active',
  scope: coded('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy'),
  category: [
    coded('http://terminology.hl7.org/CodeSystem/v3-ActCode', 'IDSCL'),
    coded(cs('consent-category'), 'referral-share'),
  ],
  patient: { reference: subject },
  dateTime: '2025-01-05',
  performer: [{ reference: subject }],
  organization: [agency(by)],
  sourceAttachment: { title: 'Paper form 12' },
  policy: [{ uri: 'https://example.org/policy' }],
  provision: {
    type: 'permit',
    ...(start || end ? { period: { ...(start ? { start } : {}), ...(end ? { end } : {}) } } : {}),
    actor: [
      { role: coded('http://terminology.hl7.org/CodeSystem/v3-ParticipationType', 'IRCP'), reference: agency(to) },
    ],
    purpose: [{ system: cs('consent-purpose'), code: 'referral' }],
    ...(classes ? { class: classes.map((code) => ({ system: cs('restricted-class'), code })) } : {}),
  },
  ...more,
})

/** A data-sharing agreement about a class between agencies. */
export const agreement = (parties: readonly string[], end: string, category = 'wages', status = 'executed'): Body => ({
  resourceType: 'Contract',
  extension: [
    { url: profile('ext-data-category'), valueCode: category },
    { url: profile('ext-purpose'), valueCode: 'case-management' },
  ],
  status,
  applies: { start: '2025-01-01', end },
  signer: parties.map((id) => ({
    type: { system: 'http://terminology.hl7.org/CodeSystem/contractsignertypecodes', code: 'PRIMAUTH' },
    party: agency(id),
    signature: [
      {
        type: [{ system: 'urn:iso-astm:E1762-95:2013', code: '1.2.840.10065.1.12.1.1' }],
        when: '2025-01-01T00:00:00Z',
        who: agency(id),
      },
    ],
  })),
})

export const referral = (subject: string, requester: string, performer: string): Body => ({
  resourceType: 'ServiceRequest',
  extension: [{ url: profile('ext-origin'), valueCode: 'ad-hoc' }],
  status: 'active',
  intent: 'order',
  category: [coded(cs('service-category'), 'basic')],
  code: coded(cs('service-catalogue'), 'program-referral-coordination'),
  subject: { reference: subject },
  authoredOn: '2026-01-05T09:00:00-06:00',
  requester: agency(requester),
  performer: [agency(performer)],
})

/** The answers of the six questions of the service assessment. */
export const assessment = (subject: string, food: boolean): Body => ({
  resourceType: 'QuestionnaireResponse',
  questionnaire: `${ROOT}/Questionnaire/individual-service-assessment|1.0`,
  status: 'completed',
  subject: { reference: subject },
  authored: '2026-02-01T10:00:00Z',
  item: [
    ...[false, false, food, true].map((valueBoolean, index) => ({
      linkId: `q${index + 1}`,
      answer: [{ valueBoolean }],
    })),
    { linkId: 'q5', answer: [{ valueCoding: { system: cs('working'), code: 'no' } }] },
    { linkId: 'q6', answer: [{ valueBoolean: false }] },
  ],
})
