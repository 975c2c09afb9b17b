/** update, also under an id of the client: https://hl7.org/fhir/R4/http.html#update */
import assert from 'node:assert/strict'
import { goal, participant } from '../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'

describe('interactions / update', () => {
  let hub: Given
  let es: Client
  before(async () => {
    hub = await given()
    es = hub.as('es')
  })
  after(() => hub.stop())

  const newPatient = async (family = 'Ferris') => made(await es.post('/Patient', participant('es', { family })))

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
    refused(await hub.as('board').delete(path), 428, 'version-required')
  })

  it('honours If-Match where it is sent, and does without where it is not needed', async () => {
    const { id } = await newPatient()
    const one = made(await es.post('/Goal', goal(`Patient/${id}`)))
    const [second, third] = ['Two', 'Three'].map((text) => ({ ...one, description: { text } }))
    assert.equal((await es.put(`/Goal/${one.id}`, second)).status, 200)
    refused(await es.put(`/Goal/${one.id}`, third, 1), 412, 'version-conflict')
    assert.equal((await es.put(`/Goal/${one.id}`, third, 2)).status, 200)
  })

  it('names the version that is current after it, also where nothing changed, and in a Bundle', async () => {
    const { id } = await newPatient()
    const one = made(await es.post('/Goal', goal(`Patient/${id}`)))
    const version = (number: number) => `Goal/${one.id}/_history/${number}`
    const changed = await es.put(`/Goal/${one.id}`, { ...one, description: { text: 'Two' } })
    assert.equal(changed.headers.get('Content-Location'), `${hub.url}/${version(2)}`)
    const again = await es.send('PUT', `/Goal/${one.id}`, changed.body, { headers: { Prefer: 'return=minimal' } })
    assert.deepEqual([again.headers.get('Content-Location'), again.text], [`${hub.url}/${version(2)}`, ''])
    for (const type of ['batch', 'transaction']) {
      const entry = [{ resource: changed.body, request: { method: 'PUT', url: `Goal/${one.id}` } }]
      const { body } = await es.post('/', { resourceType: 'Bundle', type, entry })
      assert.equal(body.entry[0].response.location, version(2))
    }
  })

  it('takes an id of the client only under its own prefix', async () => {
    const { id } = await newPatient()
    const body = { ...goal(`Patient/${id}`), id: 'es.goal-1' }
    assert.equal((await es.put('/Goal/es.goal-1', body)).status, 201)
    refused(await es.put('/Goal/abe.goal-1', { ...body, id: 'abe.goal-1' }), 403, 'id-not-yours')
  })

  it('creates only where nothing is, with If-None-Match: *', async () => {
    const { id } = await newPatient()
    const body = { ...goal(`Patient/${id}`), id: 'es.goal-2' }
    const headers = { 'If-None-Match': '*' }
    assert.equal((await es.send('PUT', '/Goal/es.goal-2', body, { headers })).status, 201)
    refused(await es.send('PUT', '/Goal/es.goal-2', body, { headers }), 412, 'already-exists')
  })

  it('refuses a body with another id than the address, or with none', async () => {
    const before = await newPatient()
    const { id: _, ...without } = before
    assert.match(refused(await es.put(`/Patient/${before.id}`, without, 1), 400, 'id-mismatch'), /no id/)
    const other = refused(await es.put(`/Patient/${before.id}`, { ...before, id: 'other' }, 1), 400, 'id-mismatch')
    assert.match(other, /`other`/)
  })
})
