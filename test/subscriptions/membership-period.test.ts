/** A membership that begins or ends by the period of a consent makes its events at that time, once. */
import assert from 'node:assert/strict'
import type { Hub } from '../../server/hub.ts'
import { consent, denial, goal, resident, subscription, type Body } from '../builders/index.ts'
import { clientAt, made, type Client } from '../given.ts'
import { DAY, hubOver, MONDAY } from '../jobs/clocked-hub.ts'
import { each, STORES } from '../store/stores.ts'

const TOPICS = ['participant-known', 'participant-lost'] as const

for (const kind of STORES) {
  describe(`subscriptions / membership-period over ${kind.name}`, function () {
    this.timeout(30_000)
    const opened = each(kind)
    let hub: Hub
    let url: string
    let es: Client
    let subject: string
    const subscriptions = new Map<string, string>()
    const seen = new Map<string, number>()
    const open = async (): Promise<void> => {
      hub = await hubOver(opened.store, () => opened.clock.now)
      url = (await hub.listen()).url
      es = clientAt(url, 'es')
    }
    beforeEach(async () => {
      opened.clock.now = MONDAY
      await open()
      seen.clear()
      for (const topic of TOPICS) {
        const body = subscription('https://agency.example/hook', { topic, status: 'off' })
        subscriptions.set(topic, made(await clientAt(url, 'abe').post('/Subscription', body)).id)
      }
      subject = `Patient/${made(await es.post('/Patient', resident('es', 'PERIOD'))).id as string}`
    })
    afterEach(() => hub.stop())

    const post = async (body: Body) => made(await es.post(`/${body.resourceType}`, body))

    /** The topics of what came since the last call, each once for an event. */
    async function news(): Promise<readonly string[]> {
      await hub.catchUp()
      await hub.runDue()
      await hub.catchUp()
      const found: string[] = []
      for (const [topic, id] of subscriptions) {
        const from = (seen.get(topic) ?? 0) + 1
        const answer = made(await clientAt(url, 'abe').get(`/Subscription/${id}/$events?eventsSinceNumber=${from}`))
        const events = answer.entry[0].resource.parameter.filter(
          ({ name }: { name: string }) => name === 'notification-event',
        )
        seen.set(topic, from + events.length - 1)
        for (const { part } of events) {
          const focus = part.find(({ name }: { name: string }) => name === 'focus').valueReference.reference as string
          assert.ok(focus.endsWith(subject), focus)
          found.push(topic)
        }
      }
      return found
    }
    const at = (days: number): void => {
      opened.clock.now = MONDAY + days * DAY
    }

    it('tells when the period begins and when it ends, also after a restart, and once', async () => {
      await post(consent(subject, 'es', 'abe', { start: '2026-12-09', end: '2026-12-10' }))
      assert.deepEqual(await news(), [])
      at(2)
      assert.deepEqual(await news(), ['participant-known'])
      assert.deepEqual(await news(), [])
      await hub.stop()
      at(4)
      await open()
      assert.deepEqual(await news(), ['participant-lost'])
      assert.deepEqual(await news(), [])
    })

    it('tells of each of two periods, and of none that another consent covers', async () => {
      await post(consent(subject, 'es', 'abe', { start: '2026-12-09', end: '2026-12-09' }))
      await post(consent(subject, 'es', 'abe', { start: '2026-12-12', end: '2026-12-14' }))
      await post(consent(subject, 'es', 'abe', { start: '2026-12-13', end: '2026-12-16' }))
      const events: (readonly string[])[] = []
      for (const day of [2, 3, 5, 6, 8, 10]) {
        at(day)
        events.push(await news())
      }
      assert.deepEqual(events, [
        ['participant-known'],
        ['participant-lost'],
        ['participant-known'],
        [],
        [],
        ['participant-lost'],
      ])
    })

    it('tells once where another write of the participant comes at the same time', async () => {
      const permit = await post(consent(subject, 'es', 'abe', { end: '2026-12-08' }))
      assert.deepEqual(await news(), ['participant-known'])
      at(2)
      made(await es.post('/Goal', goal(subject)))
      await post(consent(subject, 'es', 'vr'))
      assert.deepEqual(await news(), ['participant-lost'])
      made(await es.change(permit, { status: 'inactive' }))
      assert.deepEqual(await news(), [])
    })

    it('tells when a denial begins and when it ends', async () => {
      await post(consent(subject, 'es', 'abe'))
      await news()
      const deny = denial(subject, 'es', 'abe') as Body & { readonly provision: object }
      const denied = await post({ ...deny, provision: { ...deny.provision, period: { end: '2026-12-08' } } })
      assert.deepEqual(await news(), ['participant-lost'])
      await post(consent(subject, 'es', 'abe'))
      at(2)
      assert.deepEqual(await news(), ['participant-known'])
      assert.ok(denied.id)
    })
  })
}
