/** What a Subscription may ask for: its endpoint, headers, topic, filters and number. */
import assert from 'node:assert/strict'
import { given, type Client, type Given, type Answer } from '../../given.ts'
import { openEndpoint, type Endpoint } from '../../subscriptions/endpoint.ts'
import { ROOT, subscription as build, type Body, type SubscriptionOptions } from '../../builders/index.ts'
import { attacked, type Scene } from '../../attack/scene.ts'

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

describe('write / rules / subscription', function () {
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
})

describe('write / rules / subscription / over HTTP', () => {
  let hub: Given
  let endpoint: Endpoint
  before(async () => {
    hub = await given({ HUB_LOOPBACK_ENDPOINTS: 'true' })
    endpoint = await openEndpoint()
  })
  after(async () => {
    await hub.stop()
    await endpoint.close()
  })

  const newSubscription = (options: SubscriptionOptions = {}) =>
    build(endpoint.url, { topic: 'participant-updated', ...options })
  const subscribe = async (agency: string, options: SubscriptionOptions = {}): Promise<string> => {
    const count = endpoint.received.length
    const made = await hub.as(agency).post('/Subscription', newSubscription(options))
    assert.equal(made.status, 201, made.text)
    await endpoint.arrived(count + 1)
    return made.body.id
  }
  const codes = (answer: Answer) =>
    answer.body.issue.map((one: { details: { coding: { code: string }[] } }) => one.details.coding[0]!.code)
  it('refuses with 422 what it does not offer, each fault at its element', async () => {
    const wrong = newSubscription({ status: 'active', topic: 'nothing', filters: ['owner=Organization/a'] })
    const answer = await hub.as('abe').post('/Subscription', wrong)
    assert.equal(answer.status, 422)
    assert.deepEqual(codes(answer), ['subscription-rule', 'subscription-rule'])
    const unreadable = await hub
      .as('abe')
      .post('/Subscription', newSubscription({ topic: 'referral-created', filters: ['owner:nonsense=a'] }))
    assert.equal(unreadable.status, 422, unreadable.text)
    assert.match(unreadable.text, /modifier `nonsense`/)
  })

  it('lets the board turn a subscription off, and nothing more', async () => {
    const id = await subscribe('abe')
    const board = hub.as(undefined)
    const stored = (await board.get(`/Subscription/${id}`)).body
    const redirected = {
      ...stored,
      status: 'requested',
      channel: { ...stored.channel, endpoint: 'http://127.0.0.1:1/' },
    }
    assert.equal((await board.put(`/Subscription/${id}`, redirected)).status, 403)
    assert.equal((await board.put(`/Subscription/${id}`, { ...stored, status: 'off' })).status, 200)
    assert.equal((await hub.as('vr').get(`/Subscription/${id}`)).status, 404)
  })

  it('takes at most 100 subscriptions of one agency', async () => {
    const entry = Array.from({ length: 100 }, () => ({
      resource: newSubscription({ status: 'off' }),
      request: { method: 'POST', url: 'Subscription' },
    }))
    const many = await hub.as('youth-coast').post('', { resourceType: 'Bundle', type: 'transaction', entry })
    assert.equal(many.status, 200, many.text.slice(0, 500))
    const answer = await hub.as('youth-coast').post('/Subscription', newSubscription())
    assert.equal(answer.status, 422)
    assert.match(answer.text, /`100` subscriptions already/)
  })
})
