/** The SMART client of HL7's community works unchanged. https://docs.smarthealthit.org/client-js/ */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { given, type Given } from '../given.ts'
import { expectRejected } from './rejected.ts'

type Resource = { readonly resourceType: string; readonly id: string; readonly [element: string]: unknown }
type Page = { readonly resourceType: string; readonly entry?: readonly { readonly resource: Resource }[] }
type RequestOptions = {
  readonly pageLimit?: number
  readonly flat?: boolean
  readonly resolveReferences?: string | readonly string[]
}

/** What this client does, as far as it is used here. */
type SmartClient = {
  request<T = Resource>(
    url: string | { url: string; headers?: Record<string, string> },
    options?: RequestOptions,
  ): Promise<T>
  create(resource: object): Promise<Resource>
  update(resource: object): Promise<Resource>
  delete(url: string): Promise<unknown>
  patch(url: string, operations: readonly object[]): Promise<Resource>
  resources(url: string): AsyncIterable<Resource>
  pages(url: string): AsyncIterable<Page>
  getFhirVersion(): Promise<string>
  getFhirRelease(): Promise<number>
  readonly patient: { request<T = Page>(url: string): Promise<T> }
}
type SmartApi = { client(state: object): SmartClient }

/** The package is written for CommonJS, and for a request of Express: without one there is nothing to log in to. */
function smartApi(): (request: object, response: object) => SmartApi {
  return createRequire(import.meta.url)('fhirclient') as (request: object, response: object) => SmartApi
}

describe('fhirclient', function () {
  this.timeout(30_000)
  let hub: Given
  let client: SmartClient
  let patient: Resource
  before(async () => {
    hub = await given({ HUB_RULES: 'open' })
    const request = { headers: {}, url: '/', session: {}, socket: {}, protocol: 'http' }
    const clientFor = (state: object): SmartClient => smartApi()(request, {}).client({ serverUrl: hub.url, ...state })
    patient = await clientFor({}).create({ resourceType: 'Patient', name: [{ family: 'Alvarado', given: ['Rosa'] }] })
    client = clientFor({ tokenResponse: { patient: patient.id } })
  })
  after(() => hub.stop())

  it('learns the version of FHIR', async () => {
    assert.equal(await client.getFhirVersion(), '4.0.1')
    assert.equal(await client.getFhirRelease(), 4)
  })

  it('creates, reads, updates, patches and deletes', async () => {
    const made = await client.create({ resourceType: 'Patient', active: true })
    assert.deepEqual(await client.request(`Patient/${made.id}`), made)
    const updated = await client.update({ ...made, gender: 'female' })
    assert.equal(updated['gender'], 'female')
    const patched = await client.patch(`Patient/${made.id}`, [{ op: 'replace', path: '/gender', value: 'other' }])
    assert.equal(patched['gender'], 'other')
    await client.delete(`Patient/${made.id}`)
    await expectRejected(client.request(`Patient/${made.id}`), /410|Gone/)
  })

  it('searches in the compartment of its patient', async () => {
    const subject = { reference: `Patient/${patient.id}` }
    const observation = { resourceType: 'Observation', status: 'final', code: { text: 'score' }, subject }
    const made = await client.create(observation)
    const found = await client.patient.request('Observation')
    assert.deepEqual(
      found.entry?.map(({ resource }) => resource.id),
      [made.id],
    )
    const own = await client.patient.request('Patient')
    assert.deepEqual(
      own.entry?.map(({ resource }) => resource.id),
      [patient.id],
    )
  })

  it('follows pages, one resource after the other', async () => {
    for (let index = 0; index < 7; index++) await client.create({ resourceType: 'Organization', name: `Page ${index}` })
    const names: unknown[] = []
    for await (const resource of client.resources('Organization?name=Page&_count=3&_sort=name'))
      names.push(resource['name'])
    assert.deepEqual(
      names,
      [0, 1, 2, 3, 4, 5, 6].map((index) => `Page ${index}`),
    )
    const flat = await client.request<readonly Resource[]>('Organization?name=Page&_count=2', {
      pageLimit: 0,
      flat: true,
    })
    assert.equal(flat.length, 7)
  })

  it('resolves references in what it reads', async () => {
    const organization = await client.create({ resourceType: 'Organization', name: 'Clinic' })
    const reference = `Organization/${organization.id}`
    const made = await client.create({ resourceType: 'Patient', managingOrganization: { reference } })
    const read = await client.request(`Patient/${made.id}`, { resolveReferences: 'managingOrganization' })
    assert.deepEqual(read['managingOrganization'], organization)
  })

  it('reads old versions and histories, searches by chains and includes', async () => {
    const version = await client.request(`Patient/${patient.id}/_history/1`)
    assert.deepEqual(version, patient)
    for (const query of [
      `Patient/${patient.id}/_history`,
      'Patient/_history?_count=5',
      '_history?_count=5',
      'Observation?patient.family=alvarado',
      'Observation?_include=Observation:patient',
      'Patient?_has:Observation:patient:status=final',
      'Patient?_revinclude=Observation:patient&_elements=name',
    ]) {
      const { resourceType, entry } = await client.request<Page>(query)
      assert.equal(resourceType, 'Bundle', query)
      assert.ok((entry?.length ?? 0) > 0, query)
    }
  })
})
