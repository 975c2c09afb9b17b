/** The records of Elvis: profile, answers, consent. He is invented, as are all people here. */
import { coded, extension, hl7, ROOT, system, to, type DemoResource } from '../fhir.ts'

const SSN = 'http://hl7.org/fhir/sid/us-ssn'
const NUMBER = '123-45-6789'

/** First and family name, as staff enter it. */
export const nameOf = ({ name }: DemoResource): string => {
  const [official] = (name ?? []) as readonly { given?: readonly string[]; family?: string }[]
  return [...(official?.given ?? []).slice(0, 1), official?.family].join(' ')
}

/** The profile from the intake. */
export const profile = (agency: string): DemoResource => ({
  resourceType: 'Patient',
  identifier: [
    { system: SSN, value: NUMBER },
    {
      system: `${ROOT}/NamingSystem/agency/${agency}`,
      value: `${agency.toUpperCase()}-1001`,
      assigner: to(`Organization/${agency}`),
    },
  ],
  active: true,
  name: [{ use: 'official', family: 'Example', given: ['Elvis', 'A'] }],
  gender: 'male',
  birthDate: '1985-01-08',
  telecom: [{ system: 'phone', value: '662-555-0101', use: 'mobile' }],
  address: [
    { use: 'home', line: ['1 Example Road'], city: 'Tupelo', district: '28081', state: 'MS', postalCode: '38801' },
  ],
  managingOrganization: to(`Organization/${agency}`),
})

/** The same, typed in a hurry: a day that does not exist, a gender that is not a code, a misspelt element. */
export const hurriedProfile = (agency: string): DemoResource => ({
  ...profile(agency),
  birthDate: '1985-02-30',
  gender: 'm',
  adress: [{ city: 'Tupelo' }],
})

/** What he adds himself in self-service: education, military service, work. */
export const background = [
  extension('education-level', { valueCodeableConcept: coded('education-level', '0') }),
  extension('employment-status', { valueCodeableConcept: coded('employment-status', '0') }),
  extension('veteran', { valueBoolean: true }),
  extension('military-occupation', { valueString: '88M Motor Transport Operator' }),
  extension('work-experience', {
    extension: [
      {
        url: 'occupation',
        valueCodeableConcept: {
          coding: [{ system: 'http://onetonline.org/onet-soc', code: '53-3032.00' }],
          text: 'Truck driver',
        },
      },
      { url: 'employer', valueString: 'United States Army' },
      { url: 'military', valueBoolean: true },
    ],
  }),
]

type PersonExtension = { readonly url: string; readonly valueCode?: string }

/** The profile with a new education level or employment status. */
export function nowAt(
  person: DemoResource,
  element: 'education-level' | 'employment-status',
  value: string,
): DemoResource {
  const now = extension(element, { valueCodeableConcept: coded(element, value) })
  const others = ((person.extension ?? []) as readonly PersonExtension[]).filter(({ url }) => url !== now.url)
  return { ...person, extension: [...others, now] }
}

/** The pathway that the hub derived for a person, among the extensions of the profile. */
export const pathwayIn = (extensions: unknown): string =>
  ((extensions ?? []) as readonly PersonExtension[]).find(({ url }) => url.endsWith('/ext-participation-pathway'))
    ?.valueCode ?? 'none'

type Answers = { readonly patient: string; readonly agency: string; readonly mode: string; readonly authored: string }

/** The six questions: no diploma (q1), a child at home (q3), help with food (q4), out of work (q5). */
export const answers = ({ patient, agency, mode, authored }: Answers): DemoResource => ({
  resourceType: 'QuestionnaireResponse',
  extension: [extension('assessment-mode', { valueCode: mode })],
  questionnaire: `${ROOT}/Questionnaire/individual-service-assessment|1.0`,
  status: 'completed',
  subject: to(patient),
  authored,
  author: to(`Organization/${agency}`),
  source: to(patient),
  item: [
    { linkId: 'q1', answer: [{ valueBoolean: false }] },
    { linkId: 'q2', answer: [{ valueBoolean: false }] },
    { linkId: 'q3', answer: [{ valueBoolean: true }] },
    { linkId: 'q4', answer: [{ valueBoolean: true }] },
    { linkId: 'q5', answer: [{ valueCoding: { system: system('working'), code: 'no' } }] },
    { linkId: 'q6', answer: [{ valueBoolean: false }] },
  ],
})

type Sharing = { readonly patient: string; readonly by: string; readonly with: readonly string[]; readonly on: string }

/** He agrees that these agencies receive his record for a referral. */
export const consent = ({ patient, by, with: recipients, on }: Sharing): DemoResource => ({
  resourceType: 'Consent',
  status: 'active',
  scope: hl7('consentscope', 'patient-privacy'),
  category: [hl7('v3-ActCode', 'IDSCL'), coded('consent-category', 'referral-share')],
  patient: to(patient),
  dateTime: on,
  performer: [to(patient)],
  organization: [to(`Organization/${by}`)],
  sourceAttachment: { title: 'Signed form' },
  policyRule: hl7('v3-ActCode', 'OPTIN'),
  provision: {
    type: 'permit',
    actor: recipients.map((agency) => ({
      role: hl7('v3-ParticipationType', 'IRCP'),
      reference: to(`Organization/${agency}`),
    })),
    purpose: [{ system: system('consent-purpose'), code: 'referral' }],
  },
})
