/** Who the caller is in open mode: the agency of the header X-Agency, at an address of this machine only. */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { attacked, newcomer, post, type Scene } from '../attack/scene.ts'
import { consent } from '../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'

/** A web page that a browser on this machine shows must not send requests in its own name (DNS rebinding). */
describe('auth / open / the Host header', () => {
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

describe('auth / open / the caller', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, board: Client
  before(async () => {
    scene = await attacked()
    ;[es, board] = [scene.as('es'), scene.as('board')] as [Client, Client]
  })
  after(() => scene.stop())
  const status = async (client: Client, key: string) => (await client.get(`/${key}`)).status

  it('is an agency by its exact id only', async () => {
    for (const name of [
      'ES',
      'es ',
      'board,es',
      'es,board',
      'Board',
      'BOARD',
      '*',
      '../es',
      'es/../board',
      'hub',
      '__proto__',
      '%65s',
      'no-such',
    ]) {
      const { status } = await board.get('/Patient', { headers: { 'X-Agency': name } })
      assert.equal(status, name === 'es ' ? 200 : 401, name)
    }
    refused(await scene.as('es').get('/Patient', { headers: { 'X-Agency': '' } }), 401, 'unknown-agency')
  })

  it('is refused while the board has deactivated its agency, and taken again when it is active', async () => {
    const subject = await newcomer(es, 'es')
    await post(es, consent(subject, 'es', 'youth-coast'))
    const youth = scene.as('youth-coast')
    const agency = made(await board.get('/Organization/youth-coast'))
    assert.equal(await status(youth, subject), 200)
    made(await board.put('/Organization/youth-coast', { ...agency, active: false }))
    refused(await youth.get(`/${subject}`), 401, 'unknown-agency')
    made(await board.put('/Organization/youth-coast', agency))
    assert.equal(await status(youth, subject), 200)
  })
})
