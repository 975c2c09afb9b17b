/** Participants of an agency, and the requests that the benchmark sends about them. */
import type { Ask } from './load.ts'

const AGENCY = 'es'
const HEADERS = { 'X-Agency': AGENCY }
const SYSTEM = 'https://no-wrong-door.example/fhir/NamingSystem/agency/es'

export class Participants {
  private readonly ids: readonly string[]
  private count: number
  private turn = 0

  private constructor(ids: readonly string[]) {
    this.ids = ids
    this.count = ids.length
  }

  static async at(url: string, count: number): Promise<Participants> {
    const ids = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const headers = { ...HEADERS, 'Content-Type': 'application/fhir+json' }
        const response = await fetch(`${url}/Patient`, { method: 'POST', headers, body: participant(index) })
        if (response.status !== 201) throw new Error(`The participant was refused: ${await response.text()}`)
        return ((await response.json()) as { id: string }).id
      }),
    )
    return new Participants(ids)
  }

  read = (): Ask => ({ method: 'GET', path: `/Patient/${this.nextId()}`, headers: HEADERS })
  known = (): Ask => ({ ...this.read(), headers: { ...HEADERS, 'If-None-Match': 'W/"1"' } })
  search = (): Ask => ({
    method: 'GET',
    path: `/Patient?identifier=${encodeURIComponent(`${SYSTEM}|ES-${this.turn++ % this.ids.length}`)}`,
    headers: HEADERS,
  })
  page = (): Ask => ({ method: 'GET', path: '/Patient?_sort=-birthdate,family&_count=20', headers: HEADERS })
  create = (): Ask => ({ method: 'POST', path: '/Patient', headers: HEADERS, body: this.body() })
  body = (): string => participant(this.count++)

  private nextId = (): string => this.ids[this.turn++ % this.ids.length] ?? ''
}

/** About 1.1 KB, as an agency sends it. */
const participant = (index: number): string =>
  JSON.stringify({
    resourceType: 'Patient',
    identifier: [{ system: SYSTEM, value: `ES-${index}`, assigner: { reference: `Organization/${AGENCY}` } }],
    active: true,
    name: [{ use: 'official', family: `Sample${index % 97}`, given: ['Avery', 'Q'] }],
    telecom: [
      { system: 'phone', value: `662-555-0${String(100 + (index % 900))}`, use: 'mobile' },
      { system: 'email', value: `sample${index}@example.org` },
    ],
    gender: 'unknown',
    birthDate: `19${String(60 + (index % 40))}-0${1 + (index % 9)}-1${index % 10}`,
    address: [
      {
        use: 'home',
        line: ['1 Example Rd', 'Apartment 4'],
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
