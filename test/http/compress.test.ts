import assert from 'node:assert/strict'
import { request as send, type IncomingHttpHeaders } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { TURN } from '../../server/fhir/turns.ts'
import { listen, type Listening } from '../../server/http/server.ts'
import { GOAL, stub } from './stub.ts'

const LARGE = `{"resourceType":"Goal","id":"large","description":{"text":"${'é '.repeat(2000)}"}}`

/** More than is made into bytes in one turn. */
const LONG = `{"resourceType":"Goal","id":"long","description":{"text":"${'é 😀'.repeat(TURN.characters / 2)}"}}`

describe('compression', () => {
  let hub: Listening
  const { app } = stub(
    ({ id }) =>
      id === 'secret'
        ? { status: 200, text: LARGE, headers: { 'Cache-Control': 'no-store, no-transform' } }
        : { status: 200, text: id === 'large' ? LARGE : id === 'long' ? LONG : GOAL, version: 1 },
    { compressFrom: 1400 },
  )
  before(async () => {
    hub = await listen(app, { host: '127.0.0.1', port: 0 })
  })
  after(() => hub.stop(0))

  type Answer = { readonly headers: IncomingHttpHeaders; readonly bytes: Buffer }
  const get = (path: string, encoding?: string, method = 'GET'): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = encoding === undefined ? {} : { 'Accept-Encoding': encoding }
      const outgoing = send({ port: hub.port, method, path, headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => resolve({ headers: response.headers, bytes: Buffer.concat(chunks) }))
      })
      outgoing.on('error', reject)
      outgoing.end()
    })

  it('is of large answers, in what the client accepts', async () => {
    const packed = await get('/fhir/Goal/large', 'gzip')
    assert.equal(packed.headers['content-encoding'], 'gzip')
    assert.match(packed.headers['vary']!, /Accept, Accept-Encoding/)
    assert.equal(packed.headers['etag'], 'W/"1"')
    assert.equal(gunzipSync(packed.bytes).toString(), LARGE)
    const smaller = await get('/fhir/Goal/large', 'gzip;q=0.5, br')
    assert.equal(brotliDecompressSync(smaller.bytes).toString(), LARGE)
    const xml = await get('/fhir/Goal/large?_format=xml', 'gzip')
    assert.match(gunzipSync(xml.bytes).toString(), /^<\?xml.*é é é/)
  })

  it('is of an answer that is sent in pieces', async () => {
    const plain = await get('/fhir/Goal/long')
    assert.equal(plain.bytes.toString(), LONG)
    assert.equal(plain.headers['content-length'], String(Buffer.byteLength(LONG)))
    assert.equal(gunzipSync((await get('/fhir/Goal/long', 'gzip')).bytes).toString(), LONG)
    const head = await get('/fhir/Goal/long', undefined, 'HEAD')
    assert.deepEqual([head.headers['content-length'], head.bytes.length], [String(Buffer.byteLength(LONG)), 0])
  })

  it('is of nothing else', async () => {
    for (const [path, encoding, method] of [
      ['/fhir/Goal/large', undefined, 'GET'],
      ['/fhir/Goal/large', 'identity', 'GET'],
      ['/fhir/Goal/large', 'gzip;q=0', 'GET'],
      ['/fhir/Goal/large', 'compress', 'GET'],
      ['/fhir/Goal/a', 'gzip', 'GET'],
      ['/fhir/Goal/secret', 'gzip', 'GET'],
      ['/fhir/Goal/large', 'gzip', 'HEAD'],
    ] as const) {
      const { headers, bytes } = await get(path, encoding, method)
      assert.equal(headers['content-encoding'], undefined, path)
      if (method === 'GET') assert.equal(headers['content-length'], String(bytes.length))
    }
  })
})
