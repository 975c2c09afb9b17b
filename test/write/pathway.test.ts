/** The pathway of a participant follows what is written about the participant, in the same commit. */
import assert from 'node:assert/strict'
import { given, made, type Client, type Given } from '../given.ts'
import { participant } from '../builders/index.ts'

const ROOT = 'https://no-wrong-door.example/fhir'

const credential = (subject: string) => ({
  resourceType: 'Basic',
  code: { coding: [{ system: `${ROOT}/CodeSystem/basic-type`, code: 'participant-credential' }] },
  subject: { reference: subject },
  created: '2026-07-15',
  author: { reference: 'Organization/es' },
  extension: [
    {
      url: `${ROOT}/StructureDefinition/ext-credential`,
      extension: [
        {
          url: 'definition',
          valueCodeableConcept: { coding: [{ system: `${ROOT}/CodeSystem/credential-catalogue`, code: 'hse-ged' }] },
        },
        { url: 'type', valueCode: 'GeneralEducationDevelopment' },
        { url: 'status', valueCode: 'issued' },
        { url: 'attainedDate', valueDate: '2026-07-12' },
        { url: 'issuerName', valueString: 'State HSE office' },
        { url: 'verification', valueCode: 'staff-documented' },
      ],
    },
  ],
})

const withoutDiploma = {
  ...participant('es'),
  extension: [
    {
      url: `${ROOT}/StructureDefinition/ext-education-level`,
      valueCodeableConcept: { coding: [{ system: `${ROOT}/CodeSystem/education-level`, code: '0' }] },
    },
  ],
}

const pathwayOf = (patient: { extension?: { url: string; valueCode?: string }[] }) =>
  patient.extension?.find((one) => one.url.endsWith('/ext-participation-pathway'))?.valueCode

describe('write / pathway', () => {
  let hub: Given
  let es: Client
  before(async () => {
    hub = await given()
    es = hub.as('es')
  })
  after(() => hub.stop())

  it('is there from the first version, whatever the client says', async () => {
    const claimed = { url: `${ROOT}/StructureDefinition/ext-participation-pathway`, valueCode: 'workforce' }
    const patient = made(
      await es.post('/Patient', { ...withoutDiploma, extension: [...withoutDiploma.extension, claimed] }),
    )
    assert.equal(pathwayOf(patient), 'smart-start')
    assert.equal(pathwayOf(made(await es.post('/Patient', participant('es')))), undefined)
  })

  it('moves with a credential, as a new version of the participant', async () => {
    const { id } = made(await es.post('/Patient', withoutDiploma))
    const { id: earned } = made(await es.post('/Basic', credential(`Patient/${id}`)))
    const patient = made(await es.get(`/Patient/${id}`))
    assert.deepEqual([pathwayOf(patient), patient.meta.versionId], ['training', '2'])
    assert.equal((await es.delete(`/Basic/${earned}`)).status, 204)
    assert.equal(pathwayOf(made(await es.get(`/Patient/${id}`))), 'smart-start')
  })

  it('leaves the participant alone when it stays', async () => {
    const { id } = made(await es.post('/Patient', withoutDiploma))
    made(await es.post('/Basic', credential(`Patient/${id}`)))
    made(await es.post('/Basic', credential(`Patient/${id}`)))
    assert.equal(made(await es.get(`/Patient/${id}`)).meta.versionId, '2')
  })

  it('counts what comes in the same transaction', async () => {
    const person = 'urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0b'
    const entry = [
      { fullUrl: person, resource: withoutDiploma, request: { method: 'POST', url: 'Patient' } },
      { resource: credential(person), request: { method: 'POST', url: 'Basic' } },
    ]
    const answer = made(await es.post('/', { resourceType: 'Bundle', type: 'transaction', entry }))
    assert.equal(pathwayOf(answer.entry[0].resource), 'training')
  })
})
