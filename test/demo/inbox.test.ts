/** The endpoint of an agency in the demo: counting notifications, and noticing missing ones. */
import assert from 'node:assert/strict'
import { openInbox, type Notification, type Inbox } from '../../scripts/demo/inbox.ts'

const TOPIC = 'https://no-wrong-door.example/fhir/SubscriptionTopic/plan-updated'

describe("the demo's inbox", () => {
  let inbox: Inbox
  let received: Notification[]
  beforeEach(async () => {
    received = []
    inbox = await openInbox((one) => received.push(one))
  })
  afterEach(() => inbox.close())

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
    return fetch(inbox.url, { method: 'POST', body: JSON.stringify(bundle) })
  }

  it('answers a handshake, and reports that it arrived', async () => {
    assert.equal((await notify('handshake')).status, 204)
    await inbox.handshake('plan-updated')
    assert.deepEqual(received, [])
  })

  it('reports events with their focus', async () => {
    await notify('event-notification', 1, 2)
    assert.deepEqual(received, [
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

  it('ignores a repeated notification', async () => {
    for (const numbers of [[1], [1], [1, 2]]) await notify('event-notification', ...numbers)
    assert.deepEqual(inbox.numbers('plan-updated'), [1, 2])
    assert.deepEqual(
      received.map(({ events }) => events.map(({ number }) => number)),
      [[1], [2]],
    )
  })

  it('reports the numbers that were skipped', async () => {
    await notify('event-notification', 1)
    await notify('event-notification', 4)
    assert.deepEqual(received.at(-1)?.missing, [2, 3])
  })
})
