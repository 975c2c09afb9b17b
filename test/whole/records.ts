/** Small valid resources for tests of the whole hub. */

const ROOT = 'https://no-wrong-door.example/fhir'
const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition'

export type Made = { readonly resourceType: string; id?: string; [element: string]: unknown }

const coded = (system: string, code: string) => ({ coding: [{ system: `${ROOT}/CodeSystem/${system}`, code }] })

/** A participant whom this agency took in, known there by a number of its own. */
export const participant = (agency: string, number: string): Made => ({
  resourceType: 'Patient',
  identifier: [
    {
      system: `${ROOT}/NamingSystem/agency/${agency}`,
      value: number,
      assigner: { reference: `Organization/${agency}` },
    },
  ],
  active: true,
  name: [{ use: 'official', family: `Family ${number}`, given: ['Given'] }],
  birthDate: '1985-01-08',
  address: [{ use: 'home', district: '28081', state: 'MS' }],
  managingOrganization: { reference: `Organization/${agency}` },
})

export const goal = (subject: string): Made => ({
  resourceType: 'Goal',
  lifecycleStatus: 'proposed',
  category: [coded('goal-type', 'short-term')],
  description: { text: 'Earn money soon' },
  subject: { reference: subject },
})

/** A success plan: tentative as a draft, or active. */
export const plan = (agency: string, subject: string, goal: string, status = 'draft'): Made => ({
  resourceType: 'CarePlan',
  status,
  intent: 'plan',
  category: [coded('plan-category', 'success-plan')],
  subject: { reference: subject },
  created: '2019-03-01',
  author: { reference: `Organization/${agency}` },
  goal: [{ reference: goal }],
})

/** The six questions answered so that Adult Basic Education and SNAP are proposed. */
export const assessment = (subject: string): Made => ({
  resourceType: 'QuestionnaireResponse',
  questionnaire: `${ROOT}/Questionnaire/individual-service-assessment|1.0`,
  status: 'completed',
  subject: { reference: subject },
  authored: '2026-11-20T09:10:00-06:00',
  item: [
    { linkId: 'q1', answer: [{ valueBoolean: false }] },
    { linkId: 'q2', answer: [{ valueBoolean: false }] },
    { linkId: 'q3', answer: [{ valueBoolean: true }] },
    { linkId: 'q4', answer: [{ valueBoolean: true }] },
    { linkId: 'q5', answer: [{ valueCoding: { system: `${ROOT}/CodeSystem/working`, code: 'no' } }] },
    { linkId: 'q6', answer: [{ valueBoolean: false }] },
  ],
})

/** The participant lets this agency know that a referral is for it. */
export const consent = (agency: string, subject: string, recipient: string): Made => ({
  resourceType: 'Consent',
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IDSCL' }] },
    coded('consent-category', 'referral-share'),
  ],
  patient: { reference: subject },
  dateTime: '2026-11-20',
  performer: [{ reference: subject }],
  organization: [{ reference: `Organization/${agency}` }],
  sourceAttachment: { title: 'Signed form' },
  policyRule: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPTIN' }] },
  provision: {
    type: 'permit',
    actor: [
      {
        role: {
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }],
        },
        reference: { reference: `Organization/${recipient}` },
      },
    ],
    purpose: [{ system: `${ROOT}/CodeSystem/consent-purpose`, code: 'referral' }],
  },
})

/** What is sent to $submit-referrals: which proposals are accepted. */
export const decisions = (response: string, choices: Readonly<Record<string, boolean>>): Made => ({
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

export type SubscriptionOptions = { readonly content?: string; readonly maxCount?: number }

export const subscription = (topic: string, endpoint: string, options: SubscriptionOptions = {}): Made => ({
  resourceType: 'Subscription',
  status: 'requested',
  reason: 'To be told',
  criteria: `${ROOT}/SubscriptionTopic/${topic}`,
  channel: {
    ...(options.maxCount
      ? { extension: [{ url: `${BACKPORT}/backport-max-count`, valuePositiveInt: options.maxCount }] }
      : {}),
    type: 'rest-hook',
    endpoint,
    payload: 'application/fhir+json',
    _payload: {
      extension: [{ url: `${BACKPORT}/backport-payload-content`, valueCode: options.content ?? 'id-only' }],
    },
  },
})

/** A transaction that makes a participant, a goal and a tentative plan at once. */
export const triple = (agency: string, number: string): Made => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: [
    entry('urn:uuid:00000000-0000-4000-8000-000000000001', participant(agency, number)),
    entry('urn:uuid:00000000-0000-4000-8000-000000000002', goal('urn:uuid:00000000-0000-4000-8000-000000000001')),
    entry(
      'urn:uuid:00000000-0000-4000-8000-000000000003',
      plan(agency, 'urn:uuid:00000000-0000-4000-8000-000000000001', 'urn:uuid:00000000-0000-4000-8000-000000000002'),
    ),
  ],
})

export const entry = (fullUrl: string, resource: Made) => ({
  fullUrl,
  resource,
  request: { method: 'POST', url: resource.resourceType },
})
