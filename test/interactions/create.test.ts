/** create and conditional create: https://hl7.org/fhir/R4/http.html#create */
import assert from 'node:assert/strict'
import { goal, participant } from '../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'

describe('interactions / create', () => {
  let hub: Given
  let es: Client
  before(async () => {
    hub = await given()
    es = hub.as('es')
  })
  after(() => hub.stop())

  const newPatient = async (family = 'Ferris') => made(await es.post('/Patient', participant('es', { family })))

  it('creates under an id and a version of its own, whatever the client sent', async () => {
    const sent = {
      ...participant('es'),
      id: 'mine',
      meta: { versionId: '9', lastUpdated: '2001-01-01T00:00:00Z', source: 'me' },
    }
    const answer = await es.post('/Patient', sent)
    const { id, meta } = made(answer)
    assert.equal(answer.status, 201)
    assert.equal(answer.headers.get('etag'), 'W/"1"')
    assert.equal(answer.headers.get('location'), `${hub.url}/Patient/${id}/_history/1`)
    assert.ok(answer.headers.get('last-modified'))
    assert.notEqual(id, 'mine')
    assert.deepEqual([meta.versionId, meta.source], ['1', 'Organization/es'])
    assert.notEqual(meta.lastUpdated, '2001-01-01T00:00:00Z')
  })

  it('creates conditionally once', async () => {
    const body = participant('es', { number: 'ES-77' })
    const headers = { 'If-None-Exist': 'identifier=https://no-wrong-door.example/fhir/NamingSystem/agency/es|ES-77' }
    const first = await es.post('/Patient', body, { headers })
    const second = await es.post('/Patient', body, { headers })
    assert.deepEqual([first.status, second.status], [201, 200])
    assert.equal(second.body.id, first.body.id)
    refused(await es.post('/Patient', body, { headers: { 'If-None-Exist': 'famly=x' } }), 400, 'unknown-parameter')
  })

  it('answers with as much as Prefer asks for', async () => {
    const create = (prefer: string) => es.post('/Patient', participant('es'), { headers: { Prefer: prefer } })
    assert.equal((await create('return=minimal')).text, '')
    assert.equal((await create('return=OperationOutcome')).body.resourceType, 'OperationOutcome')
    assert.equal((await create('return=representation')).body.resourceType, 'Patient')
  })

  it('keeps decimals as they were written', async () => {
    const { id } = await newPatient()
    const amount = '{"value":45000.00,"unit":"USD/a","system":"urn:iso:std:iso:4217","code":"USD"}'
    const target = `[{"measure":{"coding":[{"system":"https://no-wrong-door.example/fhir/CodeSystem/goal-measure","code":"desired-salary"}]},"detailQuantity":${amount}}]`
    const body = JSON.stringify(goal(`Patient/${id}`)).replace(/}$/, `,"target":${target}}`)
    const answer = await es.post('/Goal', body)
    assert.equal(answer.status, 201, answer.text)
    for (const text of [answer.text, (await es.get(`/Goal/${made(answer).id}`)).text])
      assert.ok(text.includes('"value":45000.00,'), text)
  })

  it('refuses a body of another type, another id, or none', async () => {
    refused(await es.post('/Goal', participant('es')), 400, 'type-mismatch')
    refused(await es.put('/Goal/es.a', { ...goal('Patient/x'), id: 'es.b' }), 400, 'id-mismatch')
    refused(await es.post('/Goal'), 400, 'body-missing')
    refused(await es.post('/Goal', '{"resourceType":"Goal","resourceType":"Goal"}'), 400, 'json-duplicate-key')
  })

  it('refuses a reference to what the caller may not see', async () => {
    const unknown = await es.post('/Goal', goal('Patient/nobody'))
    refused(unknown, 422, 'reference-not-found')
    assert.deepEqual(unknown.body.issue[0].expression, ['Goal.subject'])
  })
})
