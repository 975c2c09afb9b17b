/** Subscriptions reach nowhere inside, and tell an agency nothing that it may not know. */
import assert from 'node:assert/strict'
import { made, refused, type Client } from '../given.ts'
import { openEndpoint, type Endpoint } from '../subscriptions/endpoint.ts'
import { consent, participant, ROOT, subscription as build, type Body } from '../builders/index.ts'
import { attacked, newcomer, post, type Scene } from './scene.ts'

/** To participants updated, with everything in each notification. */
const subscription = (
  endpoint: string,
  more: object = {},
  channel: object = {},
  filters: readonly string[] = [],
): Body => {
  const body = build(endpoint, { topic: 'participant-updated', content: 'full-resource', filters })
  return { ...body, channel: { ...(body.channel as object), ...channel }, ...more }
}

describe('attack / subscriptions', function () {
  this.timeout(30_000)

  describe('on a hub that sends to public addresses only', () => {
    let scene: Scene
    let abe: Client
    before(async () => {
      scene = await attacked({ HUB_LOOPBACK_ENDPOINTS: 'false' })
      abe = scene.as('abe')
    })
    after(() => scene.stop())

    it('takes no endpoint inside, however it is written', async () => {
      const hosts = [
        '127.0.0.1',
        '127.1',
        '127.0.1',
        '2130706433',
        '0x7f000001',
        '0x7f.1',
        '0177.0.0.1',
        '017700000001',
        '0',
        '0.0.0.0',
        '127.255.255.254',
        '[::1]',
        '[::]',
        '[::ffff:127.0.0.1]',
        '[::ffff:7f00:1]',
        '[0:0:0:0:0:ffff:7f00:1]',
        '[::7f00:1]',
        '[64:ff9b::7f00:1]',
        '[2002:7f00:1::]',
        '[::ffff:0:127.0.0.1]',
        'localhost',
        'LOCALHOST',
        'localhost.',
        'a.localhost',
        '127.0.0.1.',
        '①②⑦.⓪.⓪.①',
        'ⓛocalhost',
        '127。0。0。1',
        '%31%32%37.0.0.1',
        '10.0.0.1',
        '172.16.0.1',
        '172.31.255.255',
        '192.168.1.1',
        '169.254.169.254',
        '[fe80::1]',
        '[fd00::1]',
        '[fec0::1]',
        '100.64.0.1',
        '198.18.0.1',
        '224.0.0.1',
        '255.255.255.255',
        '[ff02::1]',
        '[fd00:ec2::254]',
      ]
      for (const host of hosts) {
        for (const url of [`https://${host}/hook`, `https://${host}:443/hook`, `https://${host}:8080/`]) {
          const answer = await abe.post('/Subscription', subscription(url))
          assert.equal(answer.status, 422, `${url}: ${answer.status}`)
        }
      }
      for (const url of [
        'http://agency.example/hook',
        'ftp://agency.example',
        'file:///etc/passwd',
        'gopher://x',
        '//agency.example/x',
        'https:agency.example',
        'https:///127.0.0.1',
        'https://user@agency.example/',
        'https://user:pw@agency.example/',
        'https://agency.example@127.0.0.1/',
        'https://127.0.0.1\\@agency.example/',
        'https://agency.example/#x',
        'javascript:alert(1)',
        ' https://127.0.0.1/',
        'https://127.0.0.1\t/',
        'https://agency.example:99999/',
        'HTTPS://127.0.0.1/',
      ])
        assert.equal((await abe.post('/Subscription', subscription(url))).status, 422, url)
    })

    it('takes no header that belongs to the message, splits it or hides another', async () => {
      for (const header of [
        'Host: x',
        'host:x',
        'Content-Length: 0',
        'Transfer-Encoding: chunked',
        'Connection: close',
        'X: a\r\nY: b',
        'X: a\nHost: b',
        'X: \u0000',
        'X',
        ': x',
        'X : y',
        'X:',
        'Föö: x',
        'X: é',
        'webhook-id: 1',
        'Expect: 100-continue',
        'Proxy-Authorization: x',
        '__proto__',
        'Cookie\u0000: x',
      ]) {
        const answer = await abe.post(
          '/Subscription',
          subscription('https://agency.example/hook', {}, { header: [header] }),
        )
        assert.equal(answer.status, 422, JSON.stringify(header))
      }
    })

    it('takes no status, time, filter or topic that it does not offer', async () => {
      const refusals: object[] = [
        { status: 'active' },
        { status: 'error' },
        { end: '2001-01-01T00:00:00Z' },
        { criteria: 'Patient?family=Ferris' },
        { criteria: `${ROOT}/SubscriptionTopic/nothing` },
      ]
      for (const more of refusals)
        assert.equal(
          (await abe.post('/Subscription', subscription('https://agency.example/', more))).status,
          422,
          JSON.stringify(more),
        )
      for (const filter of [
        'family=Ferris',
        'Patient?_has:Condition:patient:code=x',
        'Condition?code=homeless',
        'Patient?_ssn=x',
        'Patient?_participant=x',
        'x',
        '',
        '_lastUpdated=gt2000',
        `identifier=http://hl7.org/fhir/sid/us-ssn|219-09-9998`,
      ])
        assert.equal(
          (await abe.post('/Subscription', subscription('https://agency.example/', {}, {}, [filter]))).status,
          422,
          filter,
        )
    })
  })

  describe('of one agency', () => {
    let scene: Scene, endpoint: Endpoint
    let es: Client, abe: Client, board: Client
    before(async () => {
      scene = await attacked({ HUB_LOOPBACK_ENDPOINTS: 'true' })
      ;[es, abe, board] = ['es', 'abe', 'board'].map((one) => scene.as(one)) as [Client, Client, Client]
      endpoint = await openEndpoint()
    })
    after(async () => {
      await scene.stop()
      await endpoint.close()
    })

    it('is nobody else’s to see, change, ask or delete', async () => {
      const own = await post(es, subscription(endpoint.url, {}, { header: ['Authorization: Bearer secret-of-es'] }))
      const path = `/Subscription/${own.id}`
      for (const answer of [
        await abe.get(path),
        await abe.get(`${path}/_history`),
        await abe.get(`${path}/_history/1`),
        await abe.get(`${path}/$status`),
        await abe.get(`${path}/$events`),
        await abe.send('POST', `${path}/$events`),
      ]) {
        assert.equal(answer.status, 404, answer.text)
        assert.ok(!answer.text.includes('secret-of-es'))
      }
      assert.ok((await abe.put(path, own)).status >= 403)
      assert.equal((await abe.delete(path)).status, 204)
      assert.equal((await es.get(path)).status, 200, 'what abe does not know it cannot delete')
      assert.equal(made(await abe.get('/Subscription?_total=accurate')).total, 0)
      assert.ok((await abe.get('/Subscription/$status')).text.includes(own.id) === false)
      refused(
        await board.put(path, {
          ...own,
          status: 'requested',
          channel: { ...own.channel, endpoint: `${endpoint.url}/mine` },
        }),
        403,
        'forbidden',
      )
    })

    it('hears nothing of whom the agency does not know, nor of a record after it was closed', async () => {
      const own = await post(abe, subscription(endpoint.url))
      const subject = await newcomer(es, 'es')
      const patient = made(await es.get(`/${subject}`))
      made(await es.put(`/${subject}`, { ...patient, gender: 'other' }, 1))
      const permit = await post(es, consent(subject, 'es', 'abe'))
      made(await es.put(`/${subject}`, { ...patient, gender: 'male' }, 2))
      made(await es.put(`/Consent/${permit.id}`, { ...permit, status: 'inactive' }))
      made(await es.put(`/${subject}`, { ...patient, gender: 'unknown' }, 3))
      const mine = made(await abe.post('/Patient', participant('abe')))
      made(await abe.put(`/Patient/${mine.id}`, { ...mine, gender: 'other' }, 1))
      for (;;) {
        const { body } = await abe.get(`/Subscription/${own.id}/$events?content=full-resource`)
        const parameters = body.entry[0].resource.parameter as { name: string; valueString?: string }[]
        const count = Number(parameters.find((one) => one.name === 'events-since-subscription-start')?.valueString)
        const text = JSON.stringify(body)
        if (count < 2 || !text.includes(`Patient/${mine.id}`)) continue
        assert.ok(!text.includes(subject), 'the event of the time with consent is a number only by now')
        break
      }
    })
  })
})
