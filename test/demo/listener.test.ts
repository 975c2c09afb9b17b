/** An agency's listener of the demo: what it counts, and what it notices. */
import assert from 'node:assert/strict'
import { openListener, type Heard, type Listener } from '../../scripts/demo/listener.ts'

const TOPIC = 'https://no-wrong-door.example/fhir/SubscriptionTopic/plan-updated'

describe("the demo's listener", () => {
  let listener: Listener
  let heard: Heard[]
  beforeEach(async () => {
    heard = []
    listener = await openListener((one) => heard.push(one))
  })
  afterEach(() => listener.close())

  const notify = async (type: string, ...numbers: number[]) => {
    const events = numbers.map((number) => ({
      name: 'notification-event',
      part: [
        { name: 'event-number', valueString: String(number) },
        { name: 'focus', valueReference: { reference: `http://hub.example/fhir/CarePlan/p${number}` } },
      ],
    }))
    const parameter = [{ name: 'topic', valueCanonical: TOPIC }, { name: 'type', valueCode: type }, ...events]
    const bundle = { resourceType: 'Bundle', entry: [{ resource: { resourceType: 'Parameters', parameter } }] }
    return fetch(listener.url, { method: 'POST', body: JSON.stringify(bundle) })
  }

  it('answers a handshake, and says that it came', async () => {
    assert.equal((await notify('handshake')).status, 204)
    await listener.shaken('plan-updated')
    assert.deepEqual(heard, [])
  })

  it('hears events with what they are about', async () => {
    await notify('event-notification', 1, 2)
    assert.deepEqual(heard, [
      {
        topic: 'plan-updated',
        events: [
          { topic: 'plan-updated', number: 1, focus: 'CarePlan/p1' },
          { topic: 'plan-updated', number: 2, focus: 'CarePlan/p2' },
        ],
        missing: [],
      },
    ])
  })

  it('takes a repeated notification for no news', async () => {
    for (const numbers of [[1], [1], [1, 2]]) await notify('event-notification', ...numbers)
    assert.deepEqual(listener.numbers('plan-updated'), [1, 2])
    assert.deepEqual(
      heard.map(({ events }) => events.map(({ number }) => number)),
      [[1], [2]],
    )
  })

  it('notices the numbers that were skipped', async () => {
    await notify('event-notification', 1)
    await notify('event-notification', 4)
    assert.deepEqual(heard.at(-1)?.missing, [2, 3])
  })
})
