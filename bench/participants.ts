/** Participants of an agency, and the requests that the benchmark sends about them. */
import { randomUUID } from 'node:crypto'
import type { Ask } from './load.ts'

const AGENCY = 'es'
const HEADERS = { 'X-Agency': AGENCY }
const SYSTEM = 'https://no-wrong-door.example/fhir/NamingSystem/agency/es'

export class Participants {
  private readonly ids: readonly string[]
  /** Prefix of the agency's numbers, so that sets do not overlap. */
  private readonly prefix: string
  private readonly versions = new Map<string, number>()
  private count: number
  private turn = 0

  private constructor(ids: readonly string[], prefix: string) {
    this.ids = ids
    this.prefix = prefix
    this.count = ids.length
  }

  static async at(url: string, count: number, prefix = ''): Promise<Participants> {
    const ids = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const headers = { ...HEADERS, 'Content-Type': 'application/fhir+json' }
        const body = JSON.stringify(participant(prefix, index))
        const response = await fetch(`${url}/Patient`, { method: 'POST', headers, body })
        if (response.status !== 201) throw new Error(`The participant was refused: ${await response.text()}`)
        return ((await response.json()) as { id: string }).id
      }),
    )
    return new Participants(ids, prefix)
  }

  read = (): Ask => ({ method: 'GET', path: `/Patient/${this.nextId()}`, headers: HEADERS })
  notModified = (): Ask => ({ ...this.read(), headers: { ...HEADERS, 'If-None-Match': 'W/"1"' } })
  search = (): Ask => ({
    method: 'GET',
    path: `/Patient?identifier=${encodeURIComponent(`${SYSTEM}|ES-${this.turn++ % this.ids.length}`)}`,
    headers: HEADERS,
  })
  page = (): Ask => ({ method: 'GET', path: '/Patient?_sort=-birthdate,family&_count=20', headers: HEADERS })
  pageWithInclude = (): Ask => ({
    method: 'GET',
    path: '/Patient?_count=20&_include=Patient:organization',
    headers: HEADERS,
  })
  create = (): Ask => ({ method: 'POST', path: '/Patient', headers: HEADERS, body: this.body() })
  body = (): string => JSON.stringify(this.nextParticipant())

  /** A new phone number each time, with the version of the last update of this participant. */
  update = (): Ask => {
    const index = this.turn++ % this.ids.length
    const id = this.ids[index] ?? ''
    const version = this.versions.get(id) ?? 1
    this.versions.set(id, version + 1)
    const patient = { ...participant(this.prefix, index), id }
    const telecom = [{ system: 'phone', value: `662-555-${String(1000 + (version % 9000))}`, use: 'mobile' }]
    return {
      method: 'PUT',
      path: `/Patient/${id}`,
      headers: { ...HEADERS, 'If-Match': `W/"${version}"` },
      body: JSON.stringify({ ...patient, telecom }),
    }
  }

  /** A new participant with a consent and eight goals, referring to each other. */
  transaction = (): Ask => {
    const subject = `urn:uuid:${randomUUID()}`
    const goals = Array.from({ length: 8 }, (_, index) => goal(subject, index))
    const resources = [this.nextParticipant(), consent(subject), ...goals]
    const entry = resources.map((resource, index) => ({
      ...(index === 0 ? { fullUrl: subject } : {}),
      resource,
      request: { method: 'POST', url: resource.resourceType },
    }))
    return {
      method: 'POST',
      path: '/',
      headers: HEADERS,
      body: JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry }),
    }
  }

  private nextId = (): string => this.ids[this.turn++ % this.ids.length] ?? ''

  private nextParticipant = () => {
    const index = this.count++
    return participant(this.prefix, index)
  }
}

const coded = (system: string, code: string) => ({
  coding: [{ system: `https://no-wrong-door.example/fhir/CodeSystem/${system}`, code }],
})

const goal = (subject: string, index: number) => ({
  resourceType: 'Goal',
  lifecycleStatus: 'proposed',
  category: [coded('goal-type', 'short-term')],
  description: { text: `Earn money soon, step ${index}` },
  subject: { reference: subject },
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
const participant = (prefix: string, index: number) => ({
  resourceType: 'Patient',
  identifier: [{ system: SYSTEM, value: `ES-${prefix}${index}`, assigner: { reference: `Organization/${AGENCY}` } }],
  active: true,
  name: [{ use: 'official', family: `Sample${prefix}${index % 97}`, given: ['Avery', 'Q'] }],
  telecom: [
    { system: 'phone', value: `662-555-0${String(100 + (index % 900))}`, use: 'mobile' },
    { system: 'email', value: `sample${prefix}${index}@example.org` },
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
