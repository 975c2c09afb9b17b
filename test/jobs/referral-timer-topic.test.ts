/** The topic referral-overdue: who subscribes to it is notified when a timer goes off, and not of other changes. */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import { subscription } from '../builders/index.ts'
import { given, made } from '../given.ts'
import { listener } from '../whole/crash/listener.ts'
import { createRandom } from '../../scripts/random.ts'
import { DAY, MONDAY, referTo } from './clocked-hub.ts'

describe('jobs / referral timer / notification', function () {
  this.timeout(30_000)

  it('reaches the parties of a referral whose timer goes off, and nobody else', async () => {
    let now = MONDAY
    const hub = await given(
      { HUB_LOOPBACK_ENDPOINTS: 'true' },
      createClock(() => now),
    )
    const endpoints = await Promise.all(['vr', 'es', 'abe'].map(() => listener(createRandom(1), 0)))
    const [vr, es, abe] = endpoints as [(typeof endpoints)[0], (typeof endpoints)[0], (typeof endpoints)[0]]
    try {
      for (const [agency, { url, greeted }] of Object.entries({ vr, es, abe })) {
        made(await hub.as(agency).post('/Subscription', subscription(url, { topic: 'referral-overdue' })))
        await greeted
      }
      const task = await referTo(hub.as('es'), 'T-1')
      const noted = {
        ...task,
        note: [{ authorReference: { reference: 'Organization/es' }, text: 'Call in the morning.' }],
      }
      const { meta } = made(await hub.as('es').put(`/Task/${task.id}`, noted, task.meta.versionId))
      now = MONDAY + 2 * DAY
      await hub.hub.runDue()
      await Promise.all([vr, es].map((one) => one.eventAbout(`/Task/${task.id}`)))
      await hub.hub.catchUp()
      await hub.hub.runDue()
      assert.deepEqual(
        [vr, es, abe].map(({ arrivals }) => arrivals.map(({ number }) => number)),
        [[1], [1], []],
      )
      const before = Number(meta.versionId)
      const history = made(await hub.as('es').get(`/Task/${task.id}/_history`)).entry
      assert.equal(history.length, before + 1)
      assert.equal(history[0].resource.meta.source, 'Organization/hub')
    } finally {
      await Promise.all(endpoints.map((one) => one.close()))
      await hub.stop()
    }
  })
})
