import assert from 'node:assert/strict'
import { openEndpoint, type Endpoint } from './endpoint.ts'
import { openScene, subscription, task, type SubscriptionScene } from './scene.ts'

describe('subscriptions / delivery', () => {
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

  const events = () => endpoint.received.filter((one) => one.type === 'event-notification')
  const referrals = async (from: number, to: number) => {
    for (let number = from; number <= to; number++) await scene.put(task(`t${number}`))
  }

  it('greets the endpoint, becomes active, and then sends every event in order, numbered from 1', async () => {
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    assert.equal((await scene.status('s')).status, 'active')
    await referrals(1, 5)
    await scene.run()
    assert.deepEqual(
      endpoint.received.map((one) => [one.type, ...one.numbers]),
      [['handshake'], ...[1, 2, 3, 4, 5].map((number) => ['event-notification', number])],
    )
    assert.equal(await scene.store.jobs.next(['deliver', 'handshake']), undefined)
  })

  it('sends what happened between the creation of the subscription and its handshake', async () => {
    await scene.subscribe(subscription('s', endpoint.url))
    await referrals(1, 2)
    await scene.run()
    assert.deepEqual(endpoint.accepted(), [1, 2])
  })

  it('sends nothing of what happened before the subscription was created', async () => {
    await referrals(1, 3)
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    assert.deepEqual(events(), [])
  })

  it('waits by the schedule while the endpoint is down, and then sends everything in order', async () => {
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    endpoint.answer(503, 503, 503)
    await referrals(1, 3)
    await scene.run()
    const waits: number[] = []
    while (endpoint.accepted().length < 3) {
      const before = scene.clock.time
      assert.ok(await scene.runNext())
      waits.push((scene.clock.time - before) / 1000)
    }
    assert.deepEqual(endpoint.accepted(), [1, 2, 3])
    assert.deepEqual(waits, [5, 300, 1800])
    assert.deepEqual(
      events().map((one) => one.numbers[0]),
      [1, 1, 1, 1, 2, 3],
    )
  })

  it('does not shorten the rest of an endpoint that is down when more happens', async () => {
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    endpoint.answer(500)
    for (let number = 1; number <= 30; number++) {
      await scene.put(task(`t${number}`))
      await scene.run()
    }
    assert.equal(events().length, 1)
    await scene.runNext()
    assert.deepEqual(
      endpoint.accepted(),
      Array.from({ length: 30 }, (_, index) => index + 1),
    )
  })

  it('begins the schedule anew after a success', async () => {
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    endpoint.answer(500, 500, 200, 500)
    await referrals(1, 2)
    await scene.run()
    const before = scene.clock.time
    await scene.runNext()
    await scene.runNext()
    assert.deepEqual(endpoint.accepted(), [1])
    const after = scene.clock.time
    await scene.runNext()
    assert.deepEqual([after - before, scene.clock.time - after], [305_000, 5_000])
    assert.deepEqual(endpoint.accepted(), [1, 2])
  })

  it('forgets the failures before a success also when more happened during it', async () => {
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    endpoint.answer(500, 500)
    await referrals(1, 1)
    await scene.run()
    await scene.runNext()
    const remembered = async () =>
      (await scene.store.jobs.list({ kinds: ['deliver'], limit: Infinity })).jobs[0]?.payload
    assert.equal(((await remembered()) as { failures: number }).failures, 2)
    scene.clock.time += 300_000
    const [job] = await scene.store.jobs.claim({ kinds: ['deliver'], now: scene.clock.time, lease: 1000, max: 1 })
    const { deliver } = await import('../../server/subscriptions/deliver.ts')
    const settled = await deliver(scene.needs)(job!, { signal: new AbortController().signal })
    await scene.store.commit({ jobs: [{ kind: 'deliver', key: 's', due: scene.clock.time }] })
    await scene.store.jobs.settle(job!, settled)
    assert.deepEqual(await remembered(), {})
  })

  it('gives up after the last attempt, says so in the subscription, and numbers on', async () => {
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    endpoint.decide(() => 500)
    await referrals(1, 1)
    await scene.run()
    while (await scene.runNext());
    assert.equal(events().length, 10)
    const { status, error } = await scene.status('s')
    assert.equal(status, 'error')
    assert.match(error ?? '', /answered 500.*tried 10 times/)
    await referrals(2, 3)
    await scene.run()
    assert.equal(await scene.store.eventCount('s'), 3)
    assert.equal(events().length, 10)
  })

  it('goes on where it was when the owner asks again after an error', async () => {
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    endpoint.decide(() => 500)
    await referrals(1, 2)
    await scene.run()
    while (await scene.runNext());
    endpoint.decide(() => 200)
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    const { status, error } = await scene.status('s')
    assert.deepEqual([status, error], ['active', undefined])
    assert.deepEqual(endpoint.accepted(), [1, 2])
  })

  it('takes a redirect for a failure and does not follow it', async () => {
    const elsewhere = await openEndpoint()
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    endpoint.answer({ status: 307, headers: { Location: elsewhere.url } })
    await referrals(1, 1)
    await scene.run()
    assert.equal(elsewhere.received.length, 0)
    assert.match(
      (await scene.store.jobs.list({ kinds: ['deliver'], limit: Infinity })).jobs[0]?.error ?? '',
      /answered 307, and redirects are not followed/,
    )
    await scene.runNext()
    assert.deepEqual(endpoint.accepted(), [1])
    await elsewhere.close()
  })

  it('turns the subscription off when the endpoint answers 410', async () => {
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    endpoint.answer(410)
    await referrals(1, 2)
    await scene.run()
    assert.equal((await scene.status('s')).status, 'off')
    await referrals(3, 3)
    await scene.run()
    assert.equal(events().length, 1)
    assert.equal(await scene.store.eventCount('s'), 3)
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    await referrals(4, 4)
    await scene.run()
    assert.deepEqual(endpoint.accepted(), [4])
  })

  it('goes on from the present after the subscription was off, so that the jump in the numbers shows', async () => {
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    await referrals(1, 1)
    await scene.run()
    for (const [from, to] of [
      [2, 3],
      [5, 605],
    ] as const) {
      await scene.put(subscription('s', endpoint.url, { status: 'off' }), { author: 'abe' })
      await referrals(from, to)
      await scene.run()
      // What was matched late still belongs to the time when it was off.
      await scene.subscribe(subscription('s', endpoint.url))
      await scene.worker.runDue()
      await scene.run()
      await referrals(to + 1, to + 1)
      await scene.run()
    }
    assert.deepEqual(endpoint.accepted(), [1, 4, 606])
    const missed = await scene.store.events('s', { from: 2, to: 3, limit: 9 })
    assert.deepEqual(
      missed.map(({ id }) => id),
      ['t2', 't3'],
    )
  })

  it('goes on with what was not accepted after the subscription was in error, also when it had been off earlier', async () => {
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.put(subscription('s', endpoint.url, { status: 'off' }), { author: 'abe' })
    await referrals(1, 1)
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    endpoint.decide(() => 500)
    await referrals(2, 3)
    await scene.run()
    while (await scene.runNext());
    assert.equal((await scene.status('s')).status, 'error')
    await referrals(4, 4)
    endpoint.decide(() => 200)
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    assert.deepEqual(endpoint.accepted(), [2, 3, 4])
  })

  it('waits as long as Retry-After asks, but at most twice the scheduled time', async () => {
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    const retryAfter = (seconds: string) => ({ status: 429, headers: { 'Retry-After': seconds } })
    endpoint.answer(retryAfter('8'), retryAfter('86400'), retryAfter('1'))
    await referrals(1, 1)
    await scene.run()
    const waits: number[] = []
    while (endpoint.accepted().length < 1) {
      const before = scene.clock.time
      assert.ok(await scene.runNext())
      waits.push((scene.clock.time - before) / 1000)
    }
    assert.deepEqual(waits, [8, 600, 1800])
  })

  it('tries again when nobody listens', async () => {
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    await endpoint.close()
    await referrals(1, 1)
    await scene.run()
    assert.match(
      (await scene.store.jobs.list({ kinds: ['deliver'], limit: Infinity })).jobs[0]?.error ?? '',
      /cannot be reached \(ECONNREFUSED\)/,
    )
  })

  it('gives up an attempt that is not answered in time, and one whose connection breaks', async () => {
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    const quick = { ...scene.needs, requestTimeout: 0.05 }
    const { deliver } = await import('../../server/subscriptions/deliver.ts')
    endpoint.answer(() => undefined)
    await referrals(1, 1)
    await scene.again().drain()
    const [job] = await scene.store.jobs.claim({ kinds: ['deliver'], now: scene.clock.time, lease: 1000, max: 1 })
    const settled = await deliver(quick)(job!, { signal: new AbortController().signal })
    assert.match('error' in settled ? (settled.error ?? '') : '', /did not answer within 0.05 seconds/)
    await scene.store.jobs.settle(job!, settled)
    endpoint.answer((response) => response.destroy())
    await scene.runNext()
    assert.match(
      (await scene.store.jobs.list({ kinds: ['deliver'], limit: Infinity })).jobs[0]?.error ?? '',
      /cannot be reached \(ECONNRESET\)/,
    )
    await scene.runNext()
    assert.deepEqual(endpoint.accepted(), [1])
  })

  it('counts a 2xx whose body never ends or is very long', async () => {
    await scene.subscribe(subscription('s', endpoint.url, { timeout: 1 }))
    await scene.run()
    endpoint.answer((response) => {
      response.writeHead(200)
      response.write('x'.repeat(100_000))
    })
    await referrals(1, 2)
    await scene.run()
    assert.deepEqual(
      events().map((one) => one.numbers),
      [[1], [2]],
    )
  })

  it('keeps one request under way at a time for a subscription, and does not let one endpoint hold up another', async () => {
    const dead = await openEndpoint()
    await scene.subscribe(subscription('dead', dead.url), 'ui')
    await scene.subscribe(subscription('s', endpoint.url))
    await scene.run()
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    dead.answer((response) => void held.then(() => response.writeHead(500).end()))
    await referrals(1, 20)
    await scene.again().drain()
    const working = scene.worker.runDue()
    while (endpoint.accepted().length < 20) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(dead.received.length, 2)
    release()
    await working
    assert.deepEqual([endpoint.together(), dead.together()], [1, 1])
    await dead.close()
  })

  it('repeats the webhook-id and the numbers when the acceptance was not recorded', async () => {
    let refuse = false
    const crashing = await openScene({
      store: (store) => ({
        ...store,
        commit: async (work) => {
          if (refuse && work.cursors?.some((one) => one.name === 'sent/s')) throw new Error('killed')
          return store.commit(work)
        },
      }),
    })
    await crashing.subscribe(subscription('s', endpoint.url))
    await crashing.run()
    refuse = true
    await crashing.put(task('t1'))
    await crashing.run()
    refuse = false
    await crashing.runNext()
    const [first, second, ...more] = events()
    assert.deepEqual([first?.headers['webhook-id'], more.length], [second?.headers['webhook-id'], 0])
    assert.equal(first?.headers['webhook-id'], 's-1-1')
    assert.deepEqual([first?.numbers, second?.numbers], [[1], [1]])
    await crashing.close()
  })
})
