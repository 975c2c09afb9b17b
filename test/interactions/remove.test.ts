/** delete: https://hl7.org/fhir/R4/http.html#delete */
import assert from 'node:assert/strict'
import { goal, participant } from '../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'

describe('interactions / delete', () => {
  let hub: Given
  let es: Client
  before(async () => {
    hub = await given()
    es = hub.as('es')
  })
  after(() => hub.stop())

  const newPatient = async (family = 'Ferris') => made(await es.post('/Patient', participant('es', { family })))

  it('answers 410 after a deletion, 404 for what never existed; the history stays, and a PUT brings it back', async () => {
    const { id } = await newPatient()
    const one = made(await es.post('/Goal', goal(`Patient/${id}`)))
    assert.equal((await es.delete(`/Goal/${one.id}`)).status, 204)
    refused(await es.get(`/Goal/${one.id}`), 410, 'deleted')
    refused(await es.get('/Goal/never'), 404, 'not-found')
    assert.equal(made(await es.get(`/Goal/${one.id}/_history`)).total, 2)
    assert.equal((await es.delete(`/Goal/${one.id}`)).status, 204)
    const again = await es.put(`/Goal/${one.id}`, one)
    assert.deepEqual([again.status, again.headers.get('etag')], [201, 'W/"3"'])
  })

  it('answers 204 for what does not exist, as for what is deleted already', async () => {
    assert.equal((await es.delete('/Goal/missing')).status, 204)
  })

  it('deletes with the current version only, where a version is sent', async () => {
    const { id } = await newPatient()
    const one = made(await es.post('/Goal', goal(`Patient/${id}`)))
    made(await es.put(`/Goal/${one.id}`, { ...one, lifecycleStatus: 'completed' }, 1))
    refused(await es.delete(`/Goal/${one.id}`, 1), 412, 'version-conflict')
    assert.equal((await es.delete(`/Goal/${one.id}`, 2)).headers.get('etag'), 'W/"3"')
  })
})
