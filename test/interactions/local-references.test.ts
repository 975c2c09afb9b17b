/** References to the hub in one form: https://hl7.org/fhir/R4/references.html#literal */
import assert from 'node:assert/strict'
import { goal, participant } from '../builders/index.ts'
import { given, made, type Client, type Given } from '../given.ts'

describe('interactions / local references', () => {
  let hub: Given
  let es: Client
  before(async () => {
    hub = await given()
    es = hub.as('es')
  })
  after(() => hub.stop())

  const newPatient = async (family = 'Ferris') => made(await es.post('/Patient', participant('es', { family })))

  it('take the place of references to the address of the hub', async () => {
    const { id } = await newPatient()
    const one = made(await es.post('/Goal', goal(`${hub.url}/Patient/${id}`)))
    assert.equal(one.subject.reference, `Patient/${id}`)
  })

  it('keep the version of a reference that names one', async () => {
    const { id } = await newPatient()
    const one = made(await es.post('/Goal', goal(`${hub.url}/Patient/${id}/_history/1`)))
    assert.equal(one.subject.reference, `Patient/${id}/_history/1`)
  })

  it('leave references to other servers as they are', async () => {
    const { id } = await newPatient()
    const elsewhere = 'https://elsewhere.example/fhir/Condition/1'
    const one = made(await es.post('/Goal', { ...goal(`Patient/${id}`), addresses: [{ reference: elsewhere }] }))
    assert.equal(one.addresses[0].reference, elsewhere)
  })
})
