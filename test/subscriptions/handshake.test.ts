import assert from 'node:assert/strict'
import { openEndpoint, type Endpoint } from './endpoint.ts'
import { openScene, START, subscription, task, type SubscriptionScene } from './scene.ts'

describe('subscriptions / handshake, heartbeat and end', () => {
  let scene: SubscriptionScene
  let endpoint: Endpoint
  beforeEach(async () => {
    scene = await openScene()
    endpoint = await openEndpoint()
  })
  afterEach(async () => {
    await endpoint.close()
    await scene.close()
  })

  const types = () => endpoint.received.map((one) => one.type)

  for (const [answer, message] of [
    [404, /The endpoint answered 404\./],
    [302, /The endpoint answered 302, and redirects are not followed\./],
    [410, /The endpoint answered 410\./],
  ] as const) {
    it(`makes the subscription an error when the endpoint answers ${answer}, and does not ask again by itself`, async () => {
      endpoint.answer(answer)
      await scene.subscribe(subscription('s', endpoint.url))
      await scene.run()
      const { status, error } = await scene.status('s')
      assert.equal(status, 'error')
      assert.match(error ?? '', message)
      assert.equal(await scene.runNext(), false)
      assert.equal(endpoint.received.length, 1)
    })
  }

  it('makes the subscription an error when nobody listens', async () => {
    await endpoint.close()
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    assert.match(
      (await scene.status('s')).error ?? '',
      /The handshake failed\. The endpoint cannot be reached \(ECONNREFUSED\)\./,
    )
  })

  it('makes the subscription an error when the endpoint does not answer in time', async () => {
    const hasty = await openScene({ needs: { requestTimeout: 0.05 } })
    endpoint.answer(() => undefined)
    await hasty.subscribe(subscription('s', endpoint.url))
    await hasty.run()
    assert.match((await hasty.status('s')).error ?? '', /did not answer within 0\.05 seconds/)
    await hasty.close()
  })

  it('does not send to an address that the hub does not send to, whatever name leads there', async () => {
    const lookups: string[] = []
    const strict = await openScene({
      needs: {
        channels: (await import('../../server/subscriptions/channels/index.ts')).createChannels({
          loopback: false,
          answerLimit: 4096,
          now: () => START,
          resolve: (name, _options, callback) => {
            lookups.push(name)
            callback(null, [
              { address: '93.184.216.34', family: 4 },
              { address: '127.0.0.1', family: 4 },
            ])
          },
        }),
      },
    })
    const { port } = new URL(endpoint.url)
    await strict.subscribe(subscription('name', `https://rebind.example:${port}/hook`))
    await strict.subscribe(subscription('literal', `https://127.0.0.1:${port}/hook`))
    await strict.run()
    assert.match((await strict.status('name')).error ?? '', /leads to an address that the hub does not send to/)
    assert.match((await strict.status('literal')).error ?? '', /private or reserved range/)
    assert.deepEqual(lookups, ['rebind.example'])
    assert.equal(endpoint.received.length, 0)
    await strict.close()
  })

  it('counts events while the subscription is in error, and sends them after a new handshake', async () => {
    endpoint.answer(500)
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    await scene.put(task('t1'))
    await scene.run()
    assert.deepEqual(types(), ['handshake'])
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    assert.deepEqual(endpoint.accepted(), [1])
    assert.equal((await scene.status('s')).status, 'active')
  })

  it('leaves a subscription alone that its owner turned off during the handshake', async () => {
    endpoint.answer((response) => {
      void scene
        .put(subscription('s', endpoint.url, { status: 'off' }), { author: 'abe' })
        .then(() => response.writeHead(200).end())
    })
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    assert.equal((await scene.status('s')).status, 'off')
    await scene.put(task('t1'))
    await scene.run()
    assert.deepEqual(endpoint.accepted(), [])
  })

  it('counts while a subscription is off, and not after it was deleted', async () => {
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.subscribe(subscription('gone', endpoint.url))
    await scene.run()
    await scene.put(subscription('s', endpoint.url, { status: 'off' }), { author: 'abe' })
    await scene.remove({ type: 'Subscription', id: 'gone' }, [{ agency: 'abe' }])
    await scene.put(task('t1'))
    await scene.run()
    assert.deepEqual([await scene.store.eventCount('s'), await scene.store.eventCount('gone')], [1, 0])
  })

  it('sends heartbeats only where they are asked for, with the count so far, and not while events wait', async () => {
    await scene.subscribe(subscription('s', endpoint.url, { heartbeat: 60 }))
    await scene.run()
    await scene.put(task('t1'))
    await scene.run()
    await scene.runNext()
    assert.deepEqual(types(), ['handshake', 'event-notification', 'heartbeat'])
    const heartbeat = endpoint.received[2]!.bundle.entry[0].resource.parameter
    assert.deepEqual(heartbeat.slice(2), [
      { name: 'status', valueCode: 'active' },
      { name: 'type', valueCode: 'heartbeat' },
      { name: 'events-since-subscription-start', valueString: '1' },
    ])
    assert.equal(scene.clock.time, START + 60_000)
    endpoint.answer(500)
    await scene.put(task('t2'))
    await scene.run()
    scene.clock.time = START + 120_000
    await scene.worker.runDue()
    assert.deepEqual(types().slice(3), ['event-notification', 'event-notification'])
    await scene.runNext()
    assert.deepEqual(types().slice(5), ['heartbeat'])
  })

  it('turns a subscription off at its end, and makes no event from then on', async () => {
    const end = new Date(START + 60_000).toISOString()
    await scene.put(subscription('s', endpoint.url, { end }), {
      author: 'abe',
      jobs: [
        { kind: 'handshake', key: 's', due: START },
        { kind: 'expire', key: 's', due: START + 60_000 },
      ],
    })
    await scene.run()
    assert.equal((await scene.status('s')).status, 'active')
    scene.clock.time = START + 60_000
    await scene.put(task('t1'))
    await scene.run()
    assert.equal((await scene.status('s')).status, 'off')
    assert.equal(await scene.store.eventCount('s'), 0)
  })

  it('sends the headers of the subscription and those of the message', async () => {
    await scene.subscribe(
      subscription('s', endpoint.url, { headers: ['X-Hub-Route: vr', 'Authorization: Bearer a:b'] }),
    )
    await scene.run()
    const { headers } = endpoint.received[0]!
    assert.deepEqual(
      ['content-type', 'x-hub-route', 'authorization', 'user-agent', 'webhook-timestamp'].map((name) => headers[name]),
      ['application/fhir+json', 'vr', 'Bearer a:b', 'no-wrong-door', String(START / 1000)],
    )
    assert.match(String(headers['webhook-id']), /^s-handshake-/)
  })
})
