/** Services, periods of participation, and their results: scores, credentials, wages. */
import { coded, extension, ROOT, system, to, type DemoResource } from '../fhir.ts'

type Enrolment = {
  readonly patient: string
  /** Agencies that provide the service; the first records it. */
  readonly by: readonly string[]
  readonly program: string
  /** Codes of service-category and service-catalogue. */
  readonly category: string
  readonly service: string
  readonly start: string
  readonly end?: string
  readonly basedOn?: readonly string[]
  readonly reasons?: readonly string[]
  readonly more?: readonly unknown[]
}

/** A service enrolment: in progress, or completed where it has an end. */
export const service = ({
  patient,
  by,
  program,
  start,
  end,
  basedOn,
  reasons,
  more = [],
  ...what
}: Enrolment): DemoResource => ({
  resourceType: 'Procedure',
  extension: [extension('program', { valueReference: to(`HealthcareService/${program}`) }), ...more],
  ...(basedOn ? { basedOn: basedOn.map(to) } : {}),
  status: end ? 'completed' : 'in-progress',
  category: coded('service-category', what.category),
  code: coded('service-catalogue', what.service),
  subject: to(patient),
  performedPeriod: { start, ...(end ? { end } : {}) },
  performer: by.map((agency) => ({ actor: to(`Organization/${agency}`) })),
  ...(reasons ? { reasonReference: reasons.map(to) } : {}),
})

/** The same service, completed. */
export const finished = (procedure: DemoResource, end: string): DemoResource => ({
  ...procedure,
  status: 'completed',
  performedPeriod: { ...(procedure.performedPeriod as object), end },
})

/** The training detail that a training service requires, for a school that is an agency of the hub. */
export const training = (provider: string, occupation: string, sought: string) =>
  extension('training-detail', {
    extension: [
      { url: 'provider', valueReference: to(`Organization/${provider}`) },
      {
        url: 'onet',
        valueCodeableConcept: { coding: [{ system: 'http://onetonline.org/onet-soc', code: occupation }] },
      },
      { url: 'pirlType', valueCode: '06' },
      { url: 'credentialSought', valueCodeableConcept: coded('credential-catalogue', sought) },
    ],
  })

/** The start of a participation in a program. */
export const participation = (patient: string, agency: string, program: string, start: string): DemoResource => ({
  resourceType: 'EpisodeOfCare',
  status: 'active',
  type: [coded('program', program)],
  patient: to(patient),
  managingOrganization: to(`Organization/${agency}`),
  period: { start },
})

type Score = { readonly test: string; readonly purpose: 'pre' | 'post'; readonly on: string; readonly points: number }

/** A scale score of an assessment of the catalogue. */
export const score = (patient: string, agency: string, { test, purpose, on, points }: Score): DemoResource => ({
  resourceType: 'Observation',
  status: 'final',
  category: [coded('observation-category', 'assessment-score')],
  code: coded('assessment-catalogue', test),
  subject: to(patient),
  performer: [to(`Organization/${agency}`)],
  extension: [extension('test-purpose', { valueCode: purpose })],
  effectiveDateTime: on,
  valueInteger: points,
})

type Credential = {
  /** Codes of credential-catalogue and credential-type. */
  readonly definition: string
  readonly type: string
  readonly title: string
  readonly issuer: string
  readonly on: string
}

/** A credential that he holds now. */
export const credential = (
  patient: string,
  author: string,
  { definition, type, title, issuer, on }: Credential,
): DemoResource => ({
  resourceType: 'Basic',
  extension: [
    extension('credential', {
      extension: [
        { url: 'definition', valueCodeableConcept: coded('credential-catalogue', definition) },
        { url: 'type', valueCode: type },
        { url: 'title', valueString: title },
        { url: 'issuerName', valueString: issuer },
        { url: 'status', valueCode: 'issued' },
        { url: 'attainedDate', valueDate: on },
        { url: 'verification', valueCode: 'staff-documented' },
      ],
    }),
  ],
  code: coded('basic-type', 'participant-credential'),
  subject: to(patient),
  created: on,
  author: to(`Organization/${author}`),
})

type Quarter = { readonly start: string; readonly end: string; readonly dollars: number }

/** What an employer reported for a quarter: restricted, visible to the wage agency only. */
export const wages = (patient: string, { start, end, dollars }: Quarter): DemoResource => ({
  resourceType: 'Observation',
  meta: {
    profile: [`${ROOT}/StructureDefinition/hub-wage-record`],
    security: [
      { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' },
      { system: system('restricted-class'), code: 'wages' },
    ],
  } as DemoResource['meta'],
  status: 'final',
  category: [coded('observation-category', 'wage-record')],
  code: coded('wage', 'quarterly-wages'),
  subject: to(patient),
  performer: [to('Organization/ui')],
  effectivePeriod: { start, end },
  valueQuantity: { value: dollars, unit: 'USD', system: 'urn:iso:std:iso:4217', code: 'USD' },
  component: [{ code: coded('wage-component', 'employer-account'), valueString: 'A-1001' }],
})
