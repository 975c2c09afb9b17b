/** A web page that a browser on this machine shows must not be able to ask in its own name (DNS rebinding). */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { given, type Given } from '../given.ts'

describe('attack / rebinding', () => {
  let hub: Given
  before(async () => {
    hub = await given({ HUB_PUBLIC_URL: 'https://hub.example.org/fhir' })
  })
  after(() => hub.stop())

  const ask = (host: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: hub.port, path: '/fhir/Organization', headers: { Host: host } },
        (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        },
      )
      sent.once('error', reject)
      sent.end()
    })

  it('answers to loopback names and to the public host, and to no other', async () => {
    for (const host of ['127.0.0.1', `localhost:${hub.port}`, '[::1]:80', 'hub.example.org'])
      assert.equal(await ask(host), 200, host)
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'hub.example.org.evil.example',
      '192.168.0.1',
    ])
      assert.equal(await ask(host), 400, host)
  })
})
