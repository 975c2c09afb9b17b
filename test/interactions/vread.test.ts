/** vread: https://hl7.org/fhir/R4/http.html#vread */
import assert from 'node:assert/strict'
import { goal, participant } from '../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'

describe('interactions / vread', () => {
  let hub: Given
  let es: Client
  before(async () => {
    hub = await given()
    es = hub.as('es')
  })
  after(() => hub.stop())

  const newPatient = async () => made(await es.post('/Patient', participant('es')))

  it('answers an old version as it was, with its ETag', async () => {
    const before = await newPatient()
    made(await es.put(`/Patient/${before.id}`, { ...before, gender: 'other' }, 1))
    const answer = await es.get(`/Patient/${before.id}/_history/1`)
    assert.deepEqual([answer.status, answer.headers.get('etag'), answer.body], [200, 'W/"1"', before])
  })

  it('answers 304 to a client that has the version', async () => {
    const { id } = await newPatient()
    const answer = await es.get(`/Patient/${id}/_history/1`, { headers: { 'If-None-Match': 'W/"1"' } })
    assert.deepEqual([answer.status, answer.text], [304, ''])
  })

  it('answers 404 for a version that was never made, however it is written', async () => {
    const { id } = await newPatient()
    for (const version of ['2', '0', '01', '1.0', '-1', 'latest', '99999999999'])
      assert.match(refused(await es.get(`/Patient/${id}/_history/${version}`), 404, 'not-found'), /no version/)
  })

  it('answers 410 for the version of a deletion, and the version before it still', async () => {
    const { id } = await newPatient()
    const one = made(await es.post('/Goal', goal(`Patient/${id}`)))
    assert.equal((await es.delete(`/Goal/${one.id}`)).status, 204)
    refused(await es.get(`/Goal/${one.id}/_history/2`), 410, 'deleted')
    assert.deepEqual(made(await es.get(`/Goal/${one.id}/_history/1`)), one)
  })

  it('answers 404 for every version of a record that the caller may not see', async () => {
    const { id } = await newPatient()
    refused(await hub.as('dhs').get(`/Patient/${id}/_history/1`), 404, 'not-found')
  })
})
