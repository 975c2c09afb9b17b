/** OPTIONS of every address, 405 with Allow, and HEAD. https://www.rfc-editor.org/rfc/rfc9110#section-9.3 */
import assert from 'node:assert/strict'
import { goal, participant } from '../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'

/** What is compressed on the way has no length. */
const PLAIN = { headers: { 'Accept-Encoding': 'identity' } }

describe('interactions / OPTIONS', () => {
  let hub: Given
  let es: Client
  before(async () => {
    hub = await given()
    es = hub.as('es')
  })
  after(() => hub.stop())

  const allowed = async (path: string, client = es): Promise<readonly string[]> => {
    const answer = await client.send('OPTIONS', path)
    assert.equal(answer.status, 204, `${path}: ${answer.text}`)
    return (answer.headers.get('allow') ?? '').split(', ')
  }

  it('names the methods of each address, and what PATCH takes', async () => {
    assert.deepEqual(await allowed('/metadata'), ['GET', 'HEAD', 'OPTIONS'])
    assert.deepEqual(
      new Set(await allowed('/Goal')),
      new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']),
    )
    assert.deepEqual(await allowed('/Goal/abc'), ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
    assert.deepEqual(await allowed('/Goal/abc/_history/1'), ['GET', 'HEAD', 'OPTIONS'])
    assert.deepEqual(await allowed('/Goal/_search'), ['GET', 'HEAD', 'POST', 'OPTIONS'])
    assert.deepEqual(await allowed('/Task/$open-referrals'), ['GET', 'HEAD', 'POST', 'OPTIONS'])
    assert.deepEqual(await allowed('/Patient/abc/$refer'), ['POST', 'OPTIONS'])
    const answer = await es.send('OPTIONS', '/Goal/abc')
    assert.match(answer.headers.get('accept-patch') ?? '', /^application\/json-patch\+json, application\/fhir\+json/)
    assert.equal((await es.send('OPTIONS', '/metadata')).headers.get('accept-patch'), null)
  })

  it('names only what the type offers, and is the Allow of a refusal', async () => {
    const methods = await allowed('/AuditEvent/abc')
    assert.deepEqual(methods, ['GET', 'HEAD', 'OPTIONS'])
    const refusal = await es.delete('/AuditEvent/abc')
    refused(refusal, 405, 'method-not-allowed')
    assert.deepEqual(refusal.headers.get('allow')?.split(', '), methods.slice(0, -1))
    const types = made(await es.get('/metadata')).rest[0].resource as { type: string }[]
    for (const { type } of types) {
      const taken = await allowed(`/${type}/abc`)
      for (const method of ['PUT', 'PATCH', 'DELETE', 'POST']) {
        const body = { resourceType: method === 'PATCH' ? 'Parameters' : type, id: 'abc' }
        const answer = await es.send(method, `/${type}/abc`, method === 'DELETE' ? undefined : body)
        assert.equal(answer.status === 405, !taken.includes(method), `${method} ${type}: ${answer.status}`)
      }
    }
  })

  it('is answered whoever asks, and alike whether there is a record', async () => {
    const { id } = made(await es.post('/Patient', participant('es')))
    const nobody = hub.as('nobody')
    assert.deepEqual(await allowed(`/Patient/${id}`, nobody), await allowed('/Patient/nothing', es))
  })

  it('is 404 for what is no address, and for an address of the board to everybody else', async () => {
    refused(await es.send('OPTIONS', '/Nothing/abc'), 404, 'unknown-type')
    refused(await es.send('OPTIONS', '/Goal/$nothing'), 404, 'unknown-address')
    refused(await es.send('OPTIONS', '/$jobs'), 404, 'unknown-address')
    refused(await hub.as('nobody').send('OPTIONS', '/$jobs'), 404, 'unknown-address')
    assert.ok((await allowed('/$jobs', hub.as(undefined))).includes('GET'))
  })

  it('HEAD has the headers of GET and no body', async () => {
    const { id } = made(await es.post('/Patient', participant('es')))
    made(await es.post('/Goal', goal(`Patient/${id}`)))
    const paths = [
      `/Patient/${id}`,
      `/Patient/${id}/_history/1`,
      `/Patient/${id}/_history`,
      '/Patient/_history?_count=1',
      '/_history?_count=1',
      `/Patient/${id}/Goal`,
      `/?_type=Goal,Patient&_id=${id}`,
      `/Patient/${id}/$everything`,
      `/Patient/${id}?_pretty=true`,
      `/Goal?patient=${id}`,
      '/metadata',
      '/Patient/nothing',
      '/Goal?famly=x',
    ]
    for (const path of paths) {
      const [get, head] = [await es.get(path, PLAIN), await es.send('HEAD', path, undefined, PLAIN)]
      assert.deepEqual([head.status, head.text], [get.status, ''], path)
      const headersOf = ({ headers }: typeof get) =>
        [...headers].filter(([name]) => !['date', 'x-request-id', 'connection', 'keep-alive'].includes(name))
      assert.deepEqual(headersOf(head), headersOf(get), path)
    }
  })
})
