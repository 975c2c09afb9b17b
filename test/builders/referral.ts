/** From answers to a referral: the assessment, the decisions about its proposals, the ServiceRequest and its Task. */
import type { JsonObject } from '../../server/fhir/types.ts'
import { agency, codeSystemAt, coded, profileAt, ROOT, type Body } from './coding.ts'

/** The answers of the six questions of the service assessment: they call for Adult Basic Education and SNAP, and for TANF with a child (q3). */
export const assessment = (subject: string, child = true): Body => ({
  resourceType: 'QuestionnaireResponse',
  questionnaire: `${ROOT}/Questionnaire/individual-service-assessment|1.0`,
  status: 'completed',
  subject: { reference: subject },
  authored: '2026-02-01T10:00:00Z',
  item: [
    ...[false, false, child, true].map((valueBoolean, index) => ({
      linkId: `q${index + 1}`,
      answer: [{ valueBoolean }],
    })),
    { linkId: 'q5', answer: [{ valueCoding: { system: codeSystemAt('working'), code: 'no' } }] },
    { linkId: 'q6', answer: [{ valueBoolean: false }] },
  ],
})

/** The input of $submit-referrals: for each rule of a proposal, whether the participant accepts. */
export const decisions = (response: string, choices: Readonly<Record<string, boolean>>): Body => ({
  resourceType: 'Parameters',
  parameter: [
    { name: 'response', valueReference: { reference: response } },
    ...Object.entries(choices).map(([rule, accept]) => ({
      name: 'decision',
      part: [
        { name: 'rule', valueCode: rule },
        { name: 'accept', valueBoolean: accept },
      ],
    })),
  ],
})

export const referral = (subject: string, requester: string, performer: string): Body => ({
  resourceType: 'ServiceRequest',
  extension: [{ url: profileAt('ext-origin'), valueCode: 'ad-hoc' }],
  status: 'active',
  intent: 'order',
  category: [coded(codeSystemAt('service-category'), 'basic')],
  code: coded(codeSystemAt('service-catalogue'), 'program-referral-coordination'),
  subject: { reference: subject },
  authoredOn: '2026-01-05T09:00:00-06:00',
  requester: agency(requester),
  performer: [agency(performer)],
})

/** A Task that sends a referral; without an owner it is open to claim. */
export const task = (subject: string, request: string, requester: string, owner?: string): Body => ({
  resourceType: 'Task',
  status: 'requested',
  ...business('awaiting-contact'),
  intent: 'order',
  code: coded('http://hl7.org/fhir/CodeSystem/task-code', 'fulfill'),
  focus: { reference: request },
  for: { reference: subject },
  authoredOn: '2026-01-05T09:00:00-06:00',
  lastModified: '2026-01-05T09:00:00-06:00',
  requester: agency(requester),
  ...(owner === undefined ? {} : { owner: agency(owner) }),
})

export const business = (code: string) => ({
  businessStatus: coded(codeSystemAt('referral-business-status'), code),
})

export const output = (type: string, system: string, code: string) => ({
  type: coded(codeSystemAt('task-output'), type),
  valueCodeableConcept: coded(codeSystemAt(system), code),
})

/** A service that an agency gave to the participant. */
export const service = (subject: string, by: string, more: JsonObject = {}): Body => ({
  resourceType: 'Procedure',
  status: 'completed',
  category: coded(codeSystemAt('service-category'), 'basic'),
  code: coded(codeSystemAt('service-catalogue'), 'career-counseling'),
  subject: { reference: subject },
  performedPeriod: { start: '2026-01-06', end: '2026-01-07' },
  performer: [{ actor: agency(by) }],
  extension: [{ url: profileAt('ext-program'), valueReference: { reference: 'HealthcareService/adult-education' } }],
  ...more,
})
