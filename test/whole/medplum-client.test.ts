/** Medplum's client works unchanged, but for what only Medplum's own server has. https://www.medplum.com/docs/sdk/core.medplumclient */
import assert from 'node:assert/strict'
import type { MedplumClient } from '@medplum/core'
import type { Bundle, Observation, Patient } from '@medplum/fhirtypes'
import { given, type Given } from '../given.ts'
import { expectRejected } from './rejected.ts'

describe('MedplumClient', function () {
  this.timeout(30_000)
  let hub: Given
  let client: MedplumClient
  let patient: Patient & { id: string }
  before(async () => {
    hub = await given({ HUB_RULES: 'open' })
    client = await createClient(hub.url)
    patient = await client.createResource<Patient>({
      resourceType: 'Patient',
      identifier: [{ system: 'https://clinic.example/id', value: 'A-1' }],
      name: [{ family: 'Alvarado', given: ['Rosa'] }],
    })
  })
  after(() => hub.stop())

  it('creates, reads, updates and deletes', async () => {
    const made = await client.createResource<Patient>({ resourceType: 'Patient', active: true })
    assert.deepEqual(await client.readResource('Patient', made.id), made)
    const updated = await client.updateResource<Patient>({ ...made, gender: 'female' })
    assert.equal(updated.meta?.versionId, '2')
    assert.equal((await client.readVersion('Patient', made.id, '1')).gender, undefined)
    assert.equal((await client.readHistory('Patient', made.id)).entry?.length, 2)
    await client.deleteResource('Patient', made.id)
    await expectRejected(client.readResource('Patient', made.id), /deleted|Gone/i)
  })

  it('patches', async () => {
    const made = await client.createResource<Patient>({ resourceType: 'Patient', active: true })
    const patched = await client.patchResource('Patient', made.id, [
      { op: 'test', path: '/active', value: true },
      { op: 'add', path: '/gender', value: 'male' },
    ])
    assert.equal((patched as Patient).gender, 'male')
  })

  it('creates only where nothing matches, and updates or creates by a condition', async () => {
    const again = { resourceType: 'Patient', identifier: patient.identifier } as Patient
    const query = 'identifier=https://clinic.example/id|A-1'
    assert.equal((await client.createResourceIfNoneExist(again, query)).id, patient.id)
    const fresh: Patient = {
      resourceType: 'Patient',
      identifier: [{ system: 'https://clinic.example/id', value: 'A-2' }],
    }
    const condition = 'identifier=https://clinic.example/id|A-2'
    const first = await client.upsertResource(fresh, condition)
    const second = await client.upsertResource({ ...fresh, active: true }, condition)
    assert.equal(second.id, first.id)
    assert.equal(second.active, true)
  })

  it('searches: one, all, page by page, by reference and by canonical', async () => {
    const subject = { reference: `Patient/${patient.id}` }
    for (let index = 0; index < 5; index++)
      await client.createResource<Observation>({
        resourceType: 'Observation',
        status: 'final',
        code: { text: `${index}` },
        subject,
      })
    assert.equal((await client.searchOne('Patient', { identifier: 'https://clinic.example/id|A-1' }))?.id, patient.id)
    assert.equal((await client.searchResources('Observation', { subject: `Patient/${patient.id}` })).length, 5)
    const pages: number[] = []
    for await (const page of client.searchResourcePages('Observation', {
      subject: `Patient/${patient.id}`,
      _count: '2',
    }))
      pages.push(page.length)
    assert.deepEqual(pages, [2, 2, 1])
    assert.deepEqual(await client.readReference(subject), patient)
    const questionnaire = await client.createResource({
      resourceType: 'Questionnaire',
      status: 'active',
      url: 'https://clinic.example/q',
    })
    const found = await client.readCanonical('Questionnaire', 'https://clinic.example/q')
    assert.equal(found?.id, questionnaire.id)
    const either = await client.readCanonical(['Questionnaire', 'PlanDefinition'], 'https://clinic.example/q')
    assert.equal(either?.id, questionnaire.id)
  })

  it('searches with chains, reverse chains, includes and totals', async () => {
    assert.equal((await client.searchResources('Observation', 'patient.family=alvarado')).length, 5)
    assert.equal((await client.searchResources('Patient', '_has:Observation:patient:status=final')).length, 1)
    const included = await client.search('Observation', '_include=Observation:patient&_count=2')
    assert.deepEqual(
      included.entry?.map(({ search }) => search?.mode),
      ['match', 'match', 'include'],
    )
    const reverse = await client.search('Patient', `_id=${patient.id}&_revinclude=Observation:patient`)
    assert.equal(reverse.entry?.length, 6)
    assert.equal((await client.search('Observation', { _summary: 'count' })).total, 5)
    const fields = await client.search('Patient', { _id: patient.id, _elements: 'name' })
    assert.equal((fields.entry?.[0]?.resource as Patient).identifier, undefined)
  })

  it('sends batches and transactions', async () => {
    const bundle = (type: 'batch' | 'transaction'): Bundle => ({
      resourceType: 'Bundle',
      type,
      entry: [
        {
          fullUrl: 'urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a',
          request: { method: 'POST', url: 'Patient' },
          resource: { resourceType: 'Patient' },
        },
        { request: { method: 'GET', url: `Patient/${patient.id}` } },
      ],
    })
    for (const type of ['batch', 'transaction'] as const) {
      const answer = await client.executeBatch(bundle(type))
      assert.deepEqual(
        answer.entry?.map(({ response }) => response?.status.slice(0, 3)),
        ['201', '200'],
        type,
      )
    }
  })

  it('validates, expands a value set, and reads everything of a patient', async () => {
    const outcome = await client.validateResource({ resourceType: 'Patient', gender: 'unknown' })
    assert.equal(outcome.resourceType, 'OperationOutcome')
    const expanded = await client.valueSetExpand({ url: 'http://hl7.org/fhir/ValueSet/administrative-gender' })
    assert.ok((expanded.expansion?.contains?.length ?? 0) >= 4)
    const everything = await client.readPatientEverything(patient.id)
    assert.equal(everything.entry?.length, 6)
  })

  it('keeps a file as a Binary', async () => {
    const binary = await client.createBinary({ data: 'Dear Ms Alvarado', contentType: 'text/plain' })
    assert.equal(binary.contentType, 'text/plain')
    assert.equal(
      await (await client.download(client.fhirUrl('Binary', binary.id).toString())).text(),
      'Dear Ms Alvarado',
    )
  })
})

/** The package expects the WebSocket of a browser or of Node 22, which it uses for its own server's subscriptions only. */
async function createClient(url: string): Promise<MedplumClient> {
  if (!('WebSocket' in globalThis)) Object.assign(globalThis, { WebSocket: class {} })
  const { MedplumClient: Client, MemoryStorage, ClientStorage } = await import('@medplum/core')
  const [baseUrl, fhirUrlPath] = [url.slice(0, url.lastIndexOf('/') + 1), url.slice(url.lastIndexOf('/') + 1)]
  return new Client({ baseUrl, fhirUrlPath, fetch, cacheTime: 0, storage: new ClientStorage(new MemoryStorage()) })
}
