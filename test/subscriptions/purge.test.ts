/** Events are kept for 14 days; the numbers go on, and $events says what is missing. */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import { PURGE } from '../../server/domain/subscription/job-kinds.ts'
import { participant, subscription as newSubscription } from '../builders/index.ts'
import { given, made } from '../given.ts'
import { openScene, START, subscription, task, type SubscriptionScene } from './scene.ts'

const DAY = 24 * 60 * 60_000
const NOWHERE = 'http://127.0.0.1:9/hook'

describe('subscriptions / purge', () => {
  let scene: SubscriptionScene
  beforeEach(async () => {
    scene = await openScene()
    await scene.put(subscription('s', NOWHERE, { status: 'off' }), { author: 'abe', audience: [{ agency: 'abe' }] })
  })
  afterEach(() => scene.close())

  const numbers = async () => (await scene.store.events('s', { from: 1, limit: 9 })).map(({ number }) => number)
  const at = async (day: number, ids: readonly string[]) => {
    scene.clock.time = START + day * DAY
    for (const id of ids) await scene.put(task(id))
    await scene.run()
  }

  it('removes events after 14 days, but for the last one, and numbers on', async () => {
    await at(0, ['t1', 't2'])
    await at(10, ['t3'])
    await at(13.9, [])
    assert.deepEqual(await numbers(), [1, 2, 3])
    await at(15, [])
    assert.deepEqual(await numbers(), [3])
    await at(40, [])
    assert.deepEqual(await numbers(), [3])
    await at(41, ['t4'])
    assert.deepEqual(await numbers(), [3, 4])
    await at(43, [])
    assert.deepEqual(await numbers(), [4])
  })

  it('runs once a day while there are events that grow old, and ends when there are none', async () => {
    await at(0, ['t1', 't2'])
    assert.equal(await scene.store.jobs.next([PURGE]), START + DAY)
    await at(5, [])
    assert.equal(await scene.store.jobs.next([PURGE]), START + 6 * DAY)
    await at(20, [])
    assert.equal(await scene.store.jobs.next([PURGE]), undefined)
  })

  it('is reported by $events, for the numbers that it was asked for', async () => {
    let now = START
    const hub = await given(
      { HUB_LOOPBACK_ENDPOINTS: 'true' },
      createClock(() => now),
    )
    try {
      const es = hub.as('es')
      const wanted = { ...newSubscription(NOWHERE, { topic: 'participant-updated' }), status: 'off' }
      const { id } = made(await es.post('/Subscription', wanted))
      let patient = made(await es.post('/Patient', participant('es')))
      for (const language of ['en', 'es', 'fr']) patient = made(await es.change(patient, { language }))
      await hub.hub.catchUp()
      now += 16 * DAY
      const events = async (query: string) => {
        const { parameter } = made(await es.get(`/Subscription/${id}/$events?${query}`)).entry[0].resource
        const named = (name: string) => parameter.filter((one: { name: string }) => one.name === name)
        return { count: named('notification-event').length, error: named('error')[0]?.valueCodeableConcept.text }
      }
      assert.deepEqual(await events(''), { count: 3, error: undefined })
      // The matcher wakes the worker, for which the purge is due.
      made(await es.change(patient, { language: 'de' }))
      await hub.hub.catchUp()
      while ((await events('')).count > 1);
      const whole = await events('')
      assert.equal(whole.count, 1)
      assert.match(whole.error, /events 1 to 3 were removed.*14 days/)
      assert.match((await events('eventsSinceNumber=2&eventsUntilNumber=2')).error, /events 2 to 2 were removed/)
      assert.deepEqual(await events('eventsSinceNumber=4'), { count: 1, error: undefined })
      assert.deepEqual(await events('eventsSinceNumber=5'), { count: 0, error: undefined })
    } finally {
      await hub.stop()
    }
  })
})
