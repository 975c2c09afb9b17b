/** What lets agencies see records: a participant's consent, and an agreement between agencies. */
import type { JsonObject } from '../../server/fhir/types.ts'
import { agency, codeSystemAt, coded, profileAt, type Body } from './coding.ts'

type Terms = {
  readonly start?: string
  readonly end?: string
  readonly classes?: readonly string[]
  readonly more?: JsonObject
}

/** A consent collected by `by` that lets `to` see what referrals need. */
export const consent = (subject: string, by: string, to: string, { start, end, classes, more }: Terms = {}): Body => ({
  resourceType: 'Consent',
  status: 'active',
  scope: coded('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy'),
  category: [
    coded('http://terminology.hl7.org/CodeSystem/v3-ActCode', 'IDSCL'),
    coded(codeSystemAt('consent-category'), 'referral-share'),
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
    purpose: [{ system: codeSystemAt('consent-purpose'), code: 'referral' }],
    ...(classes ? { class: classes.map((code) => ({ system: codeSystemAt('restricted-class'), code })) } : {}),
  },
  ...more,
})

/** A denial collected by `by`: `to` may not know, whatever else would let it. */
export const denial = (subject: string, by: string, to: string): Body => {
  const permit = consent(subject, by, to)
  return { ...permit, provision: { ...(permit.provision as JsonObject), type: 'deny' } }
}

/** A data-sharing agreement about a class between agencies. */
export const agreement = (parties: readonly string[], end: string, category = 'wages', status = 'executed'): Body => ({
  resourceType: 'Contract',
  extension: [
    { url: profileAt('ext-data-category'), valueCode: category },
    { url: profileAt('ext-purpose'), valueCode: 'case-management' },
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
