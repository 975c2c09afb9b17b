import assert from 'node:assert/strict'
import request from 'supertest'
import { GOAL, stub } from './stub.ts'

const APP = 'https://app.example.org'
const reply = () => ({ status: 200, text: GOAL, version: 3 })

describe('CORS', () => {
  const listed = stub(reply, { origins: [APP, 'http://localhost:3000'] })
  const preflight = (app: Parameters<typeof request>[0], origin: string) =>
    request(app).options('/fhir/Goal/a').set({
      Origin: origin,
      'Access-Control-Request-Method': 'PUT',
      'Access-Control-Request-Headers': 'authorization,if-match,content-type',
      'X-Agency': 'nobody',
    })

  it('is off by default: no header tells of it, and nothing answers a preflight', async () => {
    const { app } = stub(reply)
    const answer = await request(app).get('/fhir/Goal/a').set('Origin', APP)
    assert.equal(answer.status, 200)
    const names = Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))
    assert.deepEqual(names, [])
    const { headers } = await preflight(app, APP)
    assert.equal(headers['access-control-allow-origin'], undefined)
  })

  it('answers a preflight before the caller is identified', async () => {
    const { status, headers } = await preflight(listed.app, APP)
    assert.equal(status, 204)
    assert.equal(headers['access-control-allow-origin'], APP)
    assert.equal(headers['access-control-allow-methods'], 'GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS')
    assert.equal(headers['access-control-allow-headers'], 'authorization,if-match,content-type')
    assert.equal(headers['access-control-allow-credentials'], undefined)
    assert.ok(headers['x-request-id'])
    assert.equal(listed.calls.length, 0)
  })

  it('lets a listed origin read the answer and its headers, refusals included', async () => {
    for (const [path, agency] of [
      ['/fhir/Goal/a', 'es'],
      ['/fhir/nothing/at/all/x', 'es'],
      ['/fhir/Goal/a', 'nobody'],
    ] as const) {
      const { headers } = await request(listed.app).get(path).set({ Origin: APP, 'X-Agency': agency })
      assert.equal(headers['access-control-allow-origin'], APP)
      assert.match(
        headers['access-control-expose-headers']!,
        /ETag,Location,Content-Location,Last-Modified,X-Request-Id/,
      )
      assert.equal(headers['vary'], 'Origin, Accept')
    }
  })

  it('gives an origin that is not listed nothing', async () => {
    for (const origin of ['https://evil.example', 'null', `${APP}.evil.example`, 'https://app.example.org:444', 'x']) {
      const asked = await preflight(listed.app, origin)
      const read = await request(listed.app).get('/fhir/Goal/a').set('Origin', origin)
      for (const { headers } of [asked, read]) {
        assert.equal(headers['access-control-allow-origin'], undefined)
        assert.match(headers['vary']!, /Origin/)
      }
    }
  })
})
