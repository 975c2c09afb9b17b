import assert from 'node:assert/strict'
import { openEndpoint, type Endpoint, type Received } from '../../subscriptions/endpoint.ts'
import { BASE, openScene, START, subscription, task, TOPIC, type SubscriptionScene } from '../../subscriptions/scene.ts'

const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition'

/** The rules of the R4 notification profile and of Bundle that hold for every notification. */
function assertNotification({ bundle, type }: Received): void {
  assert.equal(bundle.resourceType, 'Bundle')
  assert.equal(bundle.type, 'history')
  assert.deepEqual(bundle.meta.profile, [`${BACKPORT}/backport-subscription-notification-r4`])
  assert.match(bundle.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  const [status, ...others] = bundle.entry
  assert.equal(status.resource.resourceType, 'Parameters')
  assert.deepEqual(status.resource.meta.profile, [`${BACKPORT}/backport-subscription-status-r4`])
  assert.match(status.fullUrl, /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  assert.equal(status.fullUrl, `urn:uuid:${status.resource.id}`)
  assert.deepEqual(status.request, { method: 'GET', url: `${BASE}/Subscription/s/$status` })
  // bdl-3 and bdl-4: every entry of a history has a request and a response.
  for (const entry of bundle.entry) {
    assert.ok(entry.request.method && entry.request.url && entry.response.status)
    assert.equal(typeof entry.response.status, 'string')
  }
  for (const entry of others) assert.ok(entry.fullUrl.startsWith(`${BASE}/`))
  const names = status.resource.parameter.map((one: { name: string }) => one.name)
  const order = ['subscription', 'topic', 'status', 'type', 'events-since-subscription-start', 'notification-event']
  assert.deepEqual(
    [...new Set(names)],
    order.filter((name) => names.includes(name)),
  )
  const events = status.resource.parameter.filter((one: { name: string }) => one.name === 'notification-event')
  if (type !== 'event-notification') assert.deepEqual([events, others], [[], []])
}

describe('subscription / notification', () => {
  let scene: SubscriptionScene
  let endpoint: Endpoint
  beforeEach(async () => {
    scene = await openScene()
    endpoint = await openEndpoint()
  })
  afterEach(async () => {
    endpoint.received.forEach(assertNotification)
    await endpoint.close()
    await scene.close()
  })

  const events = () => endpoint.received.filter((one) => one.type === 'event-notification')
  const parameters = (received: Received | undefined) => received?.bundle.entry[0].resource.parameter
  const circle = (...agencies: string[]) => ({ audience: agencies.map((agency) => ({ agency })) })
  const grant = (id: string, ...agencies: string[]) =>
    scene.store.commit({ writes: [{ kind: 'audience', key: { type: 'Task', id }, ...circle(...agencies) }] })

  it('is exactly this for a handshake', async () => {
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    assert.deepEqual(parameters(endpoint.received[0]), [
      { name: 'subscription', valueReference: { reference: `${BASE}/Subscription/s` } },
      { name: 'topic', valueCanonical: `${TOPIC}/referral-created` },
      { name: 'status', valueCode: 'requested' },
      { name: 'type', valueCode: 'handshake' },
      { name: 'events-since-subscription-start', valueString: '0' },
    ])
  })

  it('names the record and carries nothing of it when it is id-only', async () => {
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.put(task('t1', { description: 'canary' }))
    await scene.run()
    assert.deepEqual(parameters(events()[0]).slice(2), [
      { name: 'status', valueCode: 'active' },
      { name: 'type', valueCode: 'event-notification' },
      { name: 'events-since-subscription-start', valueString: '1' },
      {
        name: 'notification-event',
        part: [
          { name: 'event-number', valueString: '1' },
          { name: 'timestamp', valueInstant: new Date(START).toISOString() },
          { name: 'focus', valueReference: { reference: `${BASE}/Task/t1` } },
        ],
      },
    ])
    assert.equal(events()[0]!.bundle.entry.length, 1)
    assert.doesNotMatch(JSON.stringify(events()[0]!.bundle), /canary/)
  })

  it('names neither topic nor record when it is empty', async () => {
    await scene.subscribe(subscription('s', endpoint.url, { content: 'empty' }))
    await scene.put(task('t1'))
    await scene.run()
    const text = JSON.stringify(events()[0]!.bundle)
    assert.doesNotMatch(text, /Task|SubscriptionTopic|focus/)
    assert.match(text, /"event-number","valueString":"1"/)
    assert.equal(events()[0]!.bundle.entry.length, 1)
  })

  it('carries each version as it was written when it is full-resource, numbers as written', async () => {
    await scene.subscribe(
      subscription('s', endpoint.url, { content: 'full-resource', topic: 'referral-status-changed' }),
    )
    await scene.put(task('t1'))
    await scene.put(task('t1', { status: 'accepted' }))
    await scene.put(task('t1', { status: 'in-progress' }))
    await scene.run()
    const [first, second] = events().map((one) => one.bundle.entry[1])
    assert.deepEqual([first.resource.status, first.resource.meta.versionId], ['accepted', '2'])
    assert.deepEqual([second.resource.status, second.resource.meta.versionId], ['in-progress', '3'])
    assert.equal(first.fullUrl, `${BASE}/Task/t1`)
    assert.deepEqual(first.request, { method: 'PUT', url: 'Task/t1' })
    assert.deepEqual(first.response, { status: '200', etag: 'W/"2"', lastModified: new Date(START).toISOString() })
  })

  it('says how a record was created', async () => {
    await scene.subscribe(subscription('s', endpoint.url, { content: 'full-resource' }))
    const resource = task('t1')
    await scene.store.commit({
      writes: [
        {
          kind: 'put',
          method: 'POST',
          resource,
          entries: scene.needs.extract(resource),
          author: 'es',
          ...circle('abe'),
        },
      ],
    })
    await scene.run()
    const entry = events()[0]!.bundle.entry[1]
    assert.deepEqual([entry.request, entry.response.status], [{ method: 'POST', url: 'Task' }, '201'])
  })

  it('puts as many events into one notification as the subscription allows', async () => {
    await scene.subscribe(subscription('s', endpoint.url, { maxCount: 3, content: 'full-resource' }))
    for (let number = 1; number <= 7; number++) await scene.put(task(`t${number}`))
    await scene.run()
    assert.deepEqual(
      events().map((one) => one.numbers),
      [[1, 2, 3], [4, 5, 6], [7]],
    )
    assert.deepEqual(
      events().map((one) => [one.headers['webhook-id'], parameters(one)[4].valueString, one.bundle.entry.length]),
      [
        ['s-1-3', '3', 4],
        ['s-4-6', '6', 4],
        ['s-7-7', '7', 2],
      ],
    )
  })

  it('stays below 256 kB unless one event alone is larger', async () => {
    await scene.subscribe(subscription('s', endpoint.url, { maxCount: 100, content: 'full-resource' }))
    const description = 'x'.repeat(100_000)
    for (const [number, size] of [1, 1, 1, 3, 1].entries()) {
      await scene.put(task(`t${number}`, { description: description.repeat(size) }))
    }
    await scene.run()
    assert.deepEqual(
      events().map((one) => one.numbers),
      [[1, 2], [3], [4], [5]],
    )
  })

  for (const content of ['id-only', 'full-resource']) {
    it(`sends only the number of an event whose record may no longer be seen (${content})`, async () => {
      await scene.subscribe(subscription('s', endpoint.url, { content, maxCount: 5 }))
      await scene.run()
      await scene.put(task('t1', { description: 'canary' }), circle('es', 'abe'))
      await scene.put(task('t2'), circle('es', 'abe'))
      await scene.again().drain()
      await grant('t1', 'es')
      await scene.worker.runDue()
      const [notification] = events()
      assert.deepEqual(notification?.numbers, [1, 2])
      assert.doesNotMatch(JSON.stringify(notification?.bundle), /canary|Task\/t1/)
      assert.match(JSON.stringify(notification?.bundle), /Task\/t2/)
      assert.equal(notification?.bundle.entry.length, content === 'id-only' ? 1 : 2)
    })
  }

  it('decides at every attempt who may see the record', async () => {
    await scene.subscribe(subscription('s', endpoint.url, { content: 'full-resource' }))
    await scene.run()
    endpoint.answer(500)
    await scene.put(task('t1'), circle('es', 'abe'))
    await scene.run()
    await grant('t1', 'es')
    await scene.runNext()
    assert.deepEqual(
      events().map((one) => one.bundle.entry.length),
      [2, 1],
    )
    assert.deepEqual(endpoint.accepted(), [1])
  })

  it('sends nothing of a record after the period of a consent has ended', async () => {
    await scene.subscribe(subscription('s', endpoint.url, { content: 'full-resource' }))
    await scene.run()
    endpoint.answer(500)
    await scene.put(task('t1'), { audience: [{ agency: 'es' }, { agency: 'abe', until: START + 5_000 }] })
    await scene.run()
    await scene.runNext()
    assert.deepEqual(
      events().map((one) => one.bundle.entry.length),
      [2, 1],
    )
  })

  it('reports a deletion without a resource', async () => {
    const { createMatcher } = await import('../../../server/subscriptions/matcher.ts')
    const original = scene.needs.definitions
    const topics = JSON.parse(JSON.stringify(original.published('Basic')))
    const created = topics.find((one: { id: string }) => one.id === 'referral-created')
    created.extension[0].extension.push({ url: 'interaction', valueCode: 'delete' })
    const definitions = {
      ...original,
      published: (type: string) => (type === 'Basic' ? topics : original.published(type)),
    }
    await scene.subscribe(
      subscription('s', endpoint.url, { content: 'full-resource', filters: ['owner=Organization/abe'] }),
    )
    await scene.worker.runDue()
    await scene.put(task('draft', { status: 'draft' }))
    await scene.remove({ type: 'Task', id: 'draft' })
    await createMatcher({ ...scene.needs, definitions }).drain()
    await scene.worker.runDue()
    assert.deepEqual(events()[0]?.bundle.entry[1], {
      fullUrl: `${BASE}/Task/draft`,
      request: { method: 'DELETE', url: 'Task/draft' },
      response: { status: '204', etag: 'W/"2"', lastModified: new Date(START).toISOString() },
    })
  })
})
