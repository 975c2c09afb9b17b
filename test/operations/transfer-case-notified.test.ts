/** Who is notified of a transfer: the agencies of the participant, and nobody else. */
import assert from 'node:assert/strict'
import { consent, participant, practitioner, practitionerRole, subscription } from '../builders/index.ts'
import { given, made, type Client, type Given } from '../given.ts'
import { openEndpoint, type Endpoint } from '../subscriptions/endpoint.ts'
import { post } from '../attack/scene.ts'

describe('operations / $transfer-case-manager, notified', () => {
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

  const staffOf = async (client: Client, by: string): Promise<string> => {
    const person = await post(client, practitioner())
    return `PractitionerRole/${(await post(client, practitionerRole(`Practitioner/${person.id}`, by))).id}`
  }

  it('reaches the agency of entry and the agencies that serve the participant, by care-team-changed', async () => {
    const es = hub.as('es')
    const subscriptions = new Map<string, string>()
    for (const agency of ['es', 'abe', 'vr']) {
      const count = endpoint.received.length
      const { id } = await post(hub.as(agency), subscription(endpoint.url, { topic: 'care-team-changed' }) as never)
      subscriptions.set(agency, id)
      await endpoint.arrived(count + 1)
    }
    const [first, second] = [await staffOf(es, 'es'), await staffOf(es, 'es')]
    const subject = `Patient/${(await post(es, participant('es'))).id}`
    await post(es, consent(subject, 'es', 'abe'))
    for (const to of [first, second, second]) {
      const parameter = [{ name: 'to', valueReference: { reference: to } }]
      made(await es.post(`/${subject}/$transfer-case-manager`, { resourceType: 'Parameters', parameter }))
    }
    await hub.hub.catchUp()
    const counts = await Promise.all(
      [...subscriptions].map(async ([agency, id]) => {
        const { entry } = made(await hub.as(agency).get(`/Subscription/${id}/$status`))
        const parameters = entry[0].resource.parameter as { name: string; valueString?: string }[]
        return [agency, parameters.find(({ name }) => name === 'events-since-subscription-start')?.valueString]
      }),
    )
    assert.deepEqual(counts, [
      ['es', '2'],
      ['abe', '2'],
      ['vr', '0'],
    ])
  })
})
