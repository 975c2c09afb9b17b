import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { ClientGone, readText } from '../../server/http/body.ts'

const message = (headers: Record<string, string> = {}) =>
  Object.assign(new PassThrough(), { headers }) as PassThrough & IncomingMessage

describe('readText', () => {
  it('joins the pieces, also where one cuts a character', async () => {
    const request = message()
    const text = readText(request, 100)
    for (const byte of Buffer.from('aé😀')) request.write(Buffer.from([byte]))
    request.end()
    assert.equal(await text, 'aé😀')
  })

  it('takes a body of exactly the limit, plain or inflated, and not one more', async () => {
    const whole = async (bytes: Buffer | string, headers = {}) => {
      const request = message(headers)
      request.end(bytes)
      return (await readText(request, 100)).length
    }
    assert.equal(await whole('x'.repeat(100)), 100)
    await assert.rejects(whole('x'.repeat(101)), { status: 413 })
    assert.equal(await whole(gzipSync('x'.repeat(100)), { 'content-encoding': 'GZIP' }), 100)
    await assert.rejects(whole(gzipSync('x'.repeat(101)), { 'content-encoding': 'gzip' }), { status: 413 })
    assert.equal(await whole('', { 'content-encoding': 'gzip' }), 0)
  })

  it('gives up when the client goes away, before or while it is read', async () => {
    const request = message()
    const reading = readText(request, 100)
    request.write('{')
    request.destroy()
    await assert.rejects(reading, ClientGone)
    await assert.rejects(readText(request, 100), ClientGone)
  })

  it('cuts off a client that sends far more than the limit', async () => {
    const request = message()
    const reading = readText(request, 100)
    request.write('x'.repeat(401))
    await assert.rejects(reading, { status: 413, headers: { Connection: 'close' } })
  })
})
