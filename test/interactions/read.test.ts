/** read and conditional read: https://hl7.org/fhir/R4/http.html#read */
import assert from 'node:assert/strict'
import { participant } from '../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'

describe('interactions / read', () => {
  let hub: Given
  let es: Client
  before(async () => {
    hub = await given()
    es = hub.as('es')
  })
  after(() => hub.stop())

  const newPatient = async (family = 'Ferris') => made(await es.post('/Patient', participant('es', { family })))

  it('answers 304 to a client that has the current version', async () => {
    const { id } = await newPatient()
    const unchanged = await es.get(`/Patient/${id}`, { headers: { 'If-None-Match': 'W/"1"' } })
    assert.deepEqual([unchanged.status, unchanged.text], [304, ''])
    const modified = (await es.get(`/Patient/${id}`)).headers.get('last-modified') ?? ''
    assert.equal((await es.get(`/Patient/${id}`, { headers: { 'If-Modified-Since': modified } })).status, 304)
    assert.equal((await es.get(`/Patient/${id}`, { headers: { 'If-None-Match': 'W/"2"' } })).status, 200)
  })

  it('answers 304 without the record on every way to read it: an old version, HEAD, a batch', async () => {
    const { id } = await newPatient()
    const modified = (await es.get(`/Patient/${id}`)).headers.get('last-modified') ?? ''
    for (const headers of [{ 'If-None-Match': 'W/"1"' }, { 'If-Modified-Since': modified }] as Record<string, string>[])
      for (const [method, path] of [
        ['GET', `/Patient/${id}/_history/1`],
        ['HEAD', `/Patient/${id}`],
        ['GET', `/Patient/${id}?_summary=true`],
      ] as const) {
        const answer = await es.send(method, path, undefined, { headers })
        assert.deepEqual([answer.status, answer.text, answer.headers.get('etag')], [304, '', 'W/"1"'])
      }
    for (const condition of [{ ifNoneMatch: 'W/"1"' }, { ifModifiedSince: new Date().toISOString() }]) {
      const entry = [{ request: { method: 'GET', url: `Patient/${id}`, ...condition } }]
      const { body } = await es.post('/', { resourceType: 'Bundle', type: 'batch', entry })
      assert.deepEqual([body.entry[0].resource, body.entry[0].response.status], [undefined, '304 Not Modified'])
    }
  })

  it('answers the current version with its ETag and its time', async () => {
    const { id, ...sent } = await newPatient()
    made(await es.put(`/Patient/${id}`, { ...sent, id, gender: 'other' }, 1))
    const answer = await es.get(`/Patient/${id}`)
    assert.deepEqual([answer.status, answer.headers.get('etag'), answer.body.gender], [200, 'W/"2"', 'other'])
    assert.equal(
      Date.parse(answer.headers.get('last-modified') ?? ''),
      Math.floor(Date.parse(answer.body.meta.lastUpdated) / 1000) * 1000,
    )
  })

  it('answers HEAD as GET, without the body', async () => {
    const { id } = await newPatient()
    const head = await es.send('HEAD', `/Patient/${id}`)
    assert.deepEqual([head.status, head.text, head.headers.get('etag')], [200, '', 'W/"1"'])
  })

  it('answers the same 404 for what does not exist and for what the caller may not see', async () => {
    const { id } = await newPatient()
    const hidden = refused(await hub.as('dhs').get(`/Patient/${id}`), 404, 'not-found')
    const missing = refused(await hub.as('dhs').get('/Patient/missing'), 404, 'not-found')
    assert.equal(hidden.replace(id, 'missing'), missing)
  })
})
