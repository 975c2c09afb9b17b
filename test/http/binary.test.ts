/** Binary content as itself, over HTTP. https://hl7.org/fhir/R4/binary.html#rest */
import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { contentOf } from '../../server/http/binary.ts'
import { given, type Given } from '../given.ts'

const BYTES = Buffer.from([0, 255, 254, 13, 10, 0x80, 65])

describe('a Binary', () => {
  let open: Given
  before(async () => {
    open = await given({ HUB_RULES: 'open' })
  })
  after(() => open.stop())

  const send = (method: string, path: string, headers: Record<string, string>, body?: Uint8Array | string) =>
    fetch(`${open.url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: body as RequestInit['body'] }),
    })
  const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer())

  it('is made of content in its own type, and answered as that content', async () => {
    const made = await send('POST', '/Binary', { 'Content-Type': 'image/png', 'X-Security-Context': 'Basic/x' }, BYTES)
    assert.equal(made.status, 201)
    const resource = (await made.json()) as Record<string, unknown>
    assert.deepEqual(
      [resource['contentType'], resource['data'], resource['securityContext']],
      ['image/png', BYTES.toString('base64'), { reference: 'Basic/x' }],
    )
    const path = `/Binary/${String(resource['id'])}`
    for (const accept of ['*/*', 'image/png', 'image/*, */*;q=0.1', 'application/json']) {
      for (const address of [path, `${path}/_history/1`]) {
        const answer = await send('GET', address, { Accept: accept })
        assert.equal(answer.status, 200)
        assert.equal(answer.headers.get('content-type'), 'image/png')
        assert.equal(answer.headers.get('content-disposition'), 'attachment')
        assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
        assert.equal(answer.headers.get('x-security-context'), 'Basic/x')
        assert.equal(answer.headers.get('etag'), 'W/"1"')
        assert.deepEqual(await bytesOf(answer), BYTES)
      }
    }
    const unchanged = await send('GET', path, { Accept: '*/*', 'If-None-Match': 'W/"1"' })
    assert.equal(unchanged.status, 304)
    const head = await send('HEAD', path, { Accept: '*/*' })
    assert.equal(head.headers.get('content-length'), String(BYTES.length))
  })

  it('is answered as a resource where the request names FHIR', async () => {
    const made = (await (await send('POST', '/Binary', { 'Content-Type': 'text/plain' }, 'hello')).json()) as {
      id: string
    }
    const asked: readonly (readonly [string, string])[] = [
      ['application/fhir+json', ''],
      ['application/pdf, application/fhir+json;q=0.1', ''],
      ['*/*', '?_format=json'],
    ]
    for (const [accept, query] of asked) {
      const answer = await send('GET', `/Binary/${made.id}${query}`, { Accept: accept })
      assert.equal(((await answer.json()) as { resourceType: string }).resourceType, 'Binary')
    }
    const xml = await send('GET', `/Binary/${made.id}`, { Accept: 'application/fhir+xml' })
    assert.match(await xml.text(), /<contentType value="text\/plain"\/><data value="aGVsbG8="\/>/)
  })

  it('is replaced by content, under the rules of an update', async () => {
    const first = await send('PUT', '/Binary/own', { 'Content-Type': 'text/css;  charset=utf-8' }, 'a{}')
    assert.equal(first.status, 201)
    const packed = { 'Content-Type': 'text/css', 'Content-Encoding': 'gzip', 'If-Match': 'W/"1"' }
    assert.equal((await send('PUT', '/Binary/own', packed, gzipSync('b{}'))).status, 200)
    assert.equal(
      (await send('PUT', '/Binary/own', { 'Content-Type': 'text/css', 'If-Match': 'W/"1"' }, 'c')).status,
      412,
    )
    assert.equal(await (await send('GET', '/Binary/own', {})).text(), 'b{}')
    assert.equal(await (await send('GET', '/Binary/own/_history/1', {})).text(), 'a{}')
  })

  it('is refused in FHIR JSON like anything else', async () => {
    const refusals = [
      await send('GET', '/Binary/none', { Accept: 'image/png' }),
      await send('POST', '/Binary', { 'Content-Type': 'nonsense' }, 'x'),
      await send('POST', '/Binary', { 'Content-Type': 'application/json' }, '{"a":1}'),
      await send('POST', '/Binary', { 'Content-Type': 'image/png', 'X-Security-Context': 'not a reference' }, 'x'),
      await send('POST', '/Patient', { 'Content-Type': 'image/png' }, 'x'),
    ]
    assert.deepEqual(
      refusals.map(({ status }) => status),
      [404, 415, 400, 422, 415],
    )
    for (const answer of refusals)
      assert.equal(((await answer.json()) as { resourceType: string }).resourceType, 'OperationOutcome')
  })

  it('never puts what it holds into a header that it could break', () => {
    const reply = (more: object) =>
      contentOf({ status: 200, text: JSON.stringify({ resourceType: 'Binary', ...more }) })!
    for (const contentType of ['a/b\r\nX-Evil: 1', 'a/b; x="\r\n"', 'é/é', 'x', '', 7])
      assert.equal(reply({ contentType }).headers['Content-Type'], 'application/octet-stream')
    assert.equal(reply({ securityContext: { reference: 'a\r\nb' } }).headers['X-Security-Context'], undefined)
    assert.equal(reply({}).bytes.length, 0)
  })
})
