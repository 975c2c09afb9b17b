/**
 * read, vread, history, create, update, delete over HTTP: https://hl7.org/fhir/R4/http.html
 */
import assert from 'node:assert/strict'
import { given, made, refused, type Client, type Given } from '../given.ts'
import { goal, participant } from '../builders/index.ts'

describe('interactions / records', () => {
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

  it('updates with the current version, and keeps every version', async () => {
    const before = await newPatient()
    const answer = await es.put(`/Patient/${before.id}`, { ...before, gender: 'other' }, 1)
    assert.deepEqual([answer.status, answer.headers.get('etag')], [200, 'W/"2"'])
    assert.equal(made(await es.get(`/Patient/${before.id}/_history/1`)).gender, 'female')
    const history = made(await es.get(`/Patient/${before.id}/_history`))
    assert.equal(history.total, 2)
    assert.deepEqual(
      history.entry.map((entry: { response: { etag: string }; request: { method: string } }) => [
        entry.request.method,
        entry.response.etag,
      ]),
      [
        ['PUT', 'W/"2"'],
        ['POST', 'W/"1"'],
      ],
    )
  })

  it('answers 428 without If-Match and 412 with an old one, naming the version and the way to reconcile', async () => {
    const before = await newPatient()
    const path = `/Patient/${before.id}`
    assert.match(refused(await es.put(path, before), 428, 'version-required'), /`1`.*\$reconcile.*W\/"1"/s)
    made(await es.put(path, { ...before, gender: 'other' }, 1))
    const stale = await es.put(path, { ...before, gender: 'male' }, 1)
    assert.match(refused(stale, 412, 'version-conflict'), /version `2`, not `1`.*\$reconcile\?base=1/s)
    assert.equal(stale.headers.get('etag'), 'W/"2"')
    assert.equal(made(await es.get(path)).gender, 'other')
    refused(await es.delete(path), 428, 'version-required')
  })

  it('reconciles: says what changed since the version that a system holds', async () => {
    const before = await newPatient()
    made(await es.put(`/Patient/${before.id}`, { ...before, gender: 'other' }, 1))
    const { parameter } = made(await es.get(`/Patient/${before.id}/$reconcile?base=1`))
    const change = parameter.find((one: { name: string }) => one.name === 'change')
    assert.deepEqual(
      change.part.map((part: Record<string, unknown>) => part.valueCode ?? part.valueString),
      ['replace', '/gender', '"other"'],
    )
  })

  it('honours If-Match where it is sent, and does without where it is not needed', async () => {
    const { id } = await newPatient()
    const one = made(await es.post('/Goal', goal(`Patient/${id}`)))
    assert.equal((await es.put(`/Goal/${one.id}`, one)).status, 200)
    refused(await es.put(`/Goal/${one.id}`, one, 1), 412, 'version-conflict')
    assert.equal((await es.put(`/Goal/${one.id}`, one, 2)).status, 200)
  })

  it('answers 410 after a deletion, 404 for what never was; the history stays, and a PUT brings it back', async () => {
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

  it('takes an id of the client only under its own prefix', async () => {
    const { id } = await newPatient()
    const body = { ...goal(`Patient/${id}`), id: 'es.goal-1' }
    assert.equal((await es.put('/Goal/es.goal-1', body)).status, 201)
    refused(await es.put('/Goal/abe.goal-1', { ...body, id: 'abe.goal-1' }), 403, 'id-not-yours')
  })

  it('answers 304 to who has the version already', async () => {
    const { id } = await newPatient()
    const known = await es.get(`/Patient/${id}`, { headers: { 'If-None-Match': 'W/"1"' } })
    assert.deepEqual([known.status, known.text], [304, ''])
    const modified = (await es.get(`/Patient/${id}`)).headers.get('last-modified') ?? ''
    assert.equal((await es.get(`/Patient/${id}`, { headers: { 'If-Modified-Since': modified } })).status, 304)
    assert.equal((await es.get(`/Patient/${id}`, { headers: { 'If-None-Match': 'W/"2"' } })).status, 200)
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

  it('creates conditionally once', async () => {
    const body = participant('es', { number: 'ES-77' })
    const headers = { 'If-None-Exist': 'identifier=https://no-wrong-door.example/fhir/NamingSystem/agency/es|ES-77' }
    const first = await es.post('/Patient', body, { headers })
    const second = await es.post('/Patient', body, { headers })
    assert.deepEqual([first.status, second.status], [201, 200])
    assert.equal(second.body.id, first.body.id)
    refused(await es.post('/Patient', body, { headers: { 'If-None-Exist': 'famly=x' } }), 400, 'unknown-parameter')
  })

  it('points at the participant who is known already', async () => {
    const one = made(await es.post('/Patient', participant('es', { ssn: '219-09-9999' })))
    assert.ok(!JSON.stringify(one).includes('219099999') && !JSON.stringify(one).includes('219-09-9999'))
    const again = await es.post('/Patient', participant('es', { ssn: '219099999', family: 'Married' }))
    assert.ok(refused(again, 409, 'duplicate-participant').includes(`Patient/${one.id}`))
    assert.ok(!again.text.includes('219099999'))
    assert.equal(again.headers.get('location'), `/fhir/Patient/${one.id}`)
  })

  it('refuses a body of another type, another id, or none', async () => {
    refused(await es.post('/Goal', participant('es')), 400, 'type-mismatch')
    refused(await es.put('/Goal/es.a', { ...goal('Patient/x'), id: 'es.b' }), 400, 'id-mismatch')
    refused(await es.post('/Goal'), 400, 'body-missing')
    refused(await es.post('/Goal', '{"resourceType":"Goal","resourceType":"Goal"}'), 400, 'json-duplicate-key')
  })

  it('refuses a reference to what the caller does not know of', async () => {
    const unknown = await es.post('/Goal', goal('Patient/nobody'))
    refused(unknown, 422, 'reference-not-found')
    assert.deepEqual(unknown.body.issue[0].expression, ['Goal.subject'])
  })

  it('understands references to its own address as its own', async () => {
    const { id } = await newPatient()
    const one = made(await es.post('/Goal', goal(`${hub.url}/Patient/${id}`)))
    assert.equal(one.subject.reference, `Patient/${id}`)
  })

  it('lets only the writer change a record that is not shared, and the board write lookups', async () => {
    const abe = hub.as('abe')
    refused(await abe.put('/Organization/abe', { resourceType: 'Organization', id: 'abe' }), 403, 'forbidden')
    refused(await es.post('/Patient', participant('abe')), 422, 'agency-not-yours')
  })
})
