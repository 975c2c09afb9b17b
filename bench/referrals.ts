/** Referrals of participants, and the requests that the benchmark sends about them. */
import { randomUUID } from 'node:crypto'
import { open, type Ask } from './load.ts'

const AGENCY = 'es'
const SYSTEM = 'https://no-wrong-door.example/fhir/NamingSystem/agency/es'

/** How many participants the store is filled with, and referrals of each. */
export type Filling = { readonly participants: number; readonly referralsOfEach: number }

type Stored = { readonly id: string; readonly number: string; readonly subject: string; version: number }

export class Referrals {
  private readonly stored: readonly Stored[]
  private readonly headers: Readonly<Record<string, string>>
  private count = 0
  private turn = 0

  private constructor(stored: readonly Stored[], headers: Readonly<Record<string, string>>) {
    this.stored = stored
    this.headers = headers
  }

  /** Fills the hub at this address by transactions: a participant with a consent and its referrals in each. */
  static async at(url: string, { participants, referralsOfEach }: Filling, agency: string | undefined) {
    const headers: Readonly<Record<string, string>> = agency === undefined ? {} : { 'X-Agency': agency }
    const connection = await open(url)
    const stored: Stored[] = []
    for (let index = 0; index < participants; index += 1) {
      const requests = Array.from({ length: referralsOfEach }, (_, one) => `R-${index}-${one}`)
      const body = bundle(participant(index), (subject) => requests.map((number) => referral(subject, number)))
      const answer = await connection.read({ method: 'POST', path: '/', headers, body })
      const entry = (JSON.parse(answer) as { entry: { response: { location: string } }[] }).entry
      const ids = entry.map(({ response }) => /([^/]+)\/_history/.exec(response.location)?.[1] ?? '')
      const subject = `Patient/${ids[0]}`
      for (const [one, number] of requests.entries()) stored.push({ id: ids[one + 2]!, number, subject, version: 1 })
    }
    connection.close()
    return new Referrals(stored, headers)
  }

  read = (): Ask => this.get(`/ServiceRequest/${this.next().id}`)
  search = (): Ask => this.get(`/ServiceRequest?identifier=${encodeURIComponent(`${SYSTEM}|${this.next().number}`)}`)
  include = (): Ask => this.get(`/ServiceRequest?_count=10&_include=ServiceRequest:patient`)
  sorted = (): Ask => this.get('/ServiceRequest?_count=20&_sort=-authored')
  newest = (): Ask => this.get('/ServiceRequest?_count=20&_sort=-_lastUpdated')
  total = (): Ask => this.get('/ServiceRequest?status=active&_count=1&_total=accurate')
  create = (): Ask => this.send('POST', '/ServiceRequest', referral(this.next().subject, `N-${this.count++}`))

  /** A new note each time, with the version of the last update of this referral. */
  update = (): Ask => {
    const { id, number, subject, version } = this.changed()
    const note = [{ text: `Version ${version + 1}.` }]
    const headers = { 'If-Match': `W/"${version}"` }
    return this.send('PUT', `/ServiceRequest/${id}`, { ...referral(subject, number), id, note }, headers)
  }

  /** A new participant with a consent and eight referrals. */
  transaction = (): Ask => {
    const numbers = Array.from({ length: 8 }, () => `T-${this.count++}`)
    const body = bundle(participant(1_000_000 + this.count), (subject) => numbers.map((one) => referral(subject, one)))
    return { method: 'POST', path: '/', headers: this.headers, body }
  }

  /** Far from one another, so that records read lately do not help. */
  private next(): Stored {
    this.turn = (this.turn + 7_919) % this.stored.length
    return this.stored[this.turn]!
  }

  private changed(): Stored {
    const one = this.next()
    const before = { ...one }
    one.version += 1
    return before
  }

  private get = (path: string): Ask => ({ method: 'GET', path, headers: this.headers })
  private send = (
    method: string,
    path: string,
    resource: object,
    more: Readonly<Record<string, string>> = {},
  ): Ask => ({
    method,
    path,
    headers: { ...this.headers, ...more },
    body: JSON.stringify(resource),
  })
}

/** A transaction of a participant, a consent, and what else is about the participant. */
function bundle(person: object, others: (subject: string) => readonly object[]): string {
  const subject = `urn:uuid:${randomUUID()}`
  const resources = [person, consent(subject), ...others(subject)]
  const entry = resources.map((resource, index) => ({
    ...(index === 0 ? { fullUrl: subject } : {}),
    resource,
    request: { method: 'POST', url: (resource as { resourceType: string }).resourceType },
  }))
  return JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry })
}

const coded = (system: string, code: string) => ({
  coding: [{ system: `https://no-wrong-door.example/fhir/CodeSystem/${system}`, code }],
})

const consent = (subject: string) => ({
  resourceType: 'Consent',
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IDSCL' }] },
    coded('consent-category', 'referral-share'),
  ],
  patient: { reference: subject },
  dateTime: '2026-01-02',
  performer: [{ reference: subject }],
  organization: [{ reference: `Organization/${AGENCY}` }],
  sourceAttachment: { title: 'Signed form' },
  policyRule: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPTIN' }] },
  provision: {
    type: 'permit',
    actor: [
      {
        role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] },
        reference: { reference: 'Organization/abe' },
      },
    ],
    purpose: [{ system: 'https://no-wrong-door.example/fhir/CodeSystem/consent-purpose', code: 'referral' }],
  },
})

/** About 1.1 KB, as an agency sends it; no two are the same person by name, birth date and contacts. */
export const participant = (index: number) => ({
  resourceType: 'Patient',
  identifier: [{ system: SYSTEM, value: `ES-${index}`, assigner: { reference: `Organization/${AGENCY}` } }],
  active: true,
  name: [{ use: 'official', family: `Sample${index % 997}`, given: ['Avery', 'Q'] }],
  telecom: [
    {
      system: 'phone',
      value: `662-${200 + (Math.floor(index / 10_000) % 700)}-${String(index % 10_000).padStart(4, '0')}`,
      use: 'mobile',
    },
    { system: 'email', value: `sample${index}@example.org` },
  ],
  gender: 'unknown',
  birthDate: `19${String(60 + (index % 40))}-0${1 + (index % 9)}-1${index % 10}`,
  address: [
    {
      use: 'home',
      line: [`${1 + (index % 900)} Example Rd`, 'Apartment 4'],
      city: 'Tupelo',
      district: '28081',
      state: 'MS',
      postalCode: '38801',
    },
  ],
  managingOrganization: { reference: `Organization/${AGENCY}` },
  communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'en' }] }, preferred: true }],
  extension: [
    {
      url: 'https://no-wrong-door.example/fhir/StructureDefinition/ext-education-level',
      valueCodeableConcept: {
        coding: [{ system: 'https://no-wrong-door.example/fhir/CodeSystem/education-level', code: '0' }],
      },
    },
    { url: 'https://no-wrong-door.example/fhir/StructureDefinition/ext-veteran', valueBoolean: true },
  ],
})

/** About 1.1 KB, as an agency sends it. */
export const referral = (subject: string, number: string) => ({
  resourceType: 'ServiceRequest',
  extension: [{ url: 'https://no-wrong-door.example/fhir/StructureDefinition/ext-origin', valueCode: 'ad-hoc' }],
  identifier: [{ system: SYSTEM, value: number, assigner: { reference: `Organization/${AGENCY}` } }],
  status: 'active',
  intent: 'order',
  category: [coded('service-category', 'basic')],
  priority: 'routine',
  code: coded('service-catalogue', 'program-referral-coordination'),
  subject: { reference: subject },
  occurrencePeriod: { start: '2026-03-01', end: '2026-06-30' },
  authoredOn: authored(number),
  requester: { reference: `Organization/${AGENCY}` },
  performer: [{ reference: 'Organization/abe' }],
  note: [
    {
      text: 'Would like evening classes; has a car on weekdays after five. Prefers to be called before he is written to.',
    },
  ],
})

/** An instant of 2026 by the number, so that they are spread. */
function authored(number: string): string {
  const hash = [...number].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 15_000_000, 7)
  return new Date(Date.UTC(2026, 0, 5) + hash * 1000).toISOString().replace('.000', '')
}
