/** The denial of a participant, as a Consent: these agencies may not know. https://hl7.org/fhir/R4/consent.html */
import { codeSystem, profileUrl, ROOT } from '../../fhir/canonical.ts'
import { formatInstant } from '../../fhir/dates.ts'
import type { JsonObject, Resource } from '../../fhir/types.ts'

export type Denial = {
  readonly id: string
  /** The participant's id. */
  readonly participant: string
  /** The agencies that are out. */
  readonly recipients: readonly string[]
  /** The agency that collected it. */
  readonly organization: string
  /** What shows it: a signed form, or a reference in words to one. */
  readonly source: JsonObject
  readonly now: number
}

export const buildDenial = ({
  id,
  participant,
  recipients,
  organization,
  source,
  now,
}: Denial): Resource & { readonly id: string } => ({
  resourceType: 'Consent',
  id,
  meta: { profile: [profileUrl('hub-consent')] },
  status: 'active',
  scope: concept('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy'),
  category: [
    concept('http://terminology.hl7.org/CodeSystem/v3-ActCode', 'IDSCL'),
    concept(codeSystem('consent-category'), 'referral-share'),
  ],
  patient: { reference: `Patient/${participant}` },
  dateTime: formatInstant(now),
  performer: [{ reference: `Patient/${participant}` }],
  organization: [{ reference: `Organization/${organization}` }],
  sourceAttachment: source,
  policy: [{ uri: `${ROOT}/OperationDefinition/revoke-consent` }],
  provision: {
    type: 'deny',
    actor: recipients.map((agency) => ({
      role: concept('http://terminology.hl7.org/CodeSystem/v3-ParticipationType', 'IRCP'),
      reference: { reference: `Organization/${agency}` },
    })),
    purpose: ['referral', 'case-management'].map((code) => ({ system: codeSystem('consent-purpose'), code })),
  },
})

const concept = (system: string, code: string): JsonObject => ({ coding: [{ system, code }] })
