/** $events: the events of a subscription by number. https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/OperationDefinition-backport-subscription-events.html */
import assert from 'node:assert/strict'
import { consent, participant, subscription, type SubscriptionOptions } from '../builders/index.ts'
import { given, made, refused, type Answer, type Given } from '../given.ts'
import { openEndpoint, type Endpoint } from '../subscriptions/endpoint.ts'

describe('operations / $events', () => {
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

  const subscribe = async (agency: string, options: SubscriptionOptions = {}): Promise<string> => {
    const count = endpoint.received.length
    const resource = subscription(endpoint.url, { topic: 'participant-updated', ...options })
    const { id } = made(await hub.as(agency).post('/Subscription', resource))
    await endpoint.arrived(count + 1)
    return id
  }
  const parameter = (status: { parameter: { name: string; [value: string]: unknown }[] }, name: string) =>
    status.parameter.find((one) => one.name === name)

  /** Updates a participant so many times, each an event of the subscriptions of those who see it. */
  const update = async (times: number, listeners = 1): Promise<string> => {
    const es = hub.as('es')
    let patient = made(await es.post('/Patient', participant('es')))
    for (let version = 1; version <= times; version += 1) {
      const count = endpoint.received.length
      patient = made(await es.put(`/Patient/${patient.id}`, { ...patient, birthDate: `1990-01-0${version}` }, version))
      await endpoint.arrived(count + listeners)
    }
    return `Patient/${patient.id}`
  }
  const numbers = ({ body }: Answer) =>
    body.entry[0].resource.parameter
      .filter(({ name }: { name: string }) => name === 'notification-event')
      .map(({ part }: { part: { name: string; valueString: string }[] }) =>
        Number(part.find(({ name }) => name === 'event-number')?.valueString),
      )

  it('answers the events from one number to another, and by default all', async () => {
    const id = await subscribe('es')
    await update(3)
    const events = (query = '') => hub.as('es').get(`/Subscription/${id}/$events${query}`)
    const all = await events()
    assert.deepEqual(
      [all.body.type, parameter(all.body.entry[0].resource, 'type')?.valueCode],
      ['history', 'query-event'],
    )
    assert.equal(parameter(all.body.entry[0].resource, 'events-since-subscription-start')?.valueString, '3')
    assert.deepEqual(numbers(all), [1, 2, 3])
    assert.deepEqual(numbers(await events('?eventsSinceNumber=2')), [2, 3])
    assert.deepEqual(numbers(await events('?eventsUntilNumber=2')), [1, 2])
    assert.deepEqual(numbers(await events('?eventsSinceNumber=2&eventsUntilNumber=2')), [2])
    assert.deepEqual(numbers(await events('?eventsSinceNumber=9')), [])
    assert.equal((await hub.as('es').delete(`/Subscription/${id}`)).status, 204)
  })

  it('answers each with as much as the subscription has, or as the caller asks for', async () => {
    const id = await subscribe('es', { content: 'id-only' })
    const subject = await update(1)
    const events = async (query = '') => (await hub.as('es').get(`/Subscription/${id}/$events${query}`)).body
    assert.ok(JSON.stringify(await events()).includes(subject))
    assert.equal((await events()).entry[1]?.resource, undefined)
    assert.ok(!JSON.stringify(await events('?content=empty')).includes(subject))
    const { resource } = (await events('?content=full-resource')).entry[1]
    assert.deepEqual([resource.id, resource.meta.versionId], [subject.split('/')[1], '2'])
    assert.equal((await hub.as('es').delete(`/Subscription/${id}`)).status, 204)
  })

  it('shows no record that the caller may not see any more, but its number', async () => {
    const es = hub.as('es')
    const id = await subscribe('abe')
    const patient = made(await es.post('/Patient', participant('es')))
    const permit = made(await es.post('/Consent', consent(`Patient/${patient.id}`, 'es', 'abe')))
    const count = endpoint.received.length
    made(await es.put(`/Patient/${patient.id}`, { ...patient, gender: 'other' }, 1))
    await endpoint.arrived(count + 1)
    const events = () => hub.as('abe').get(`/Subscription/${id}/$events?content=full-resource`)
    assert.ok((await events()).text.includes(patient.id))
    made(await es.put(`/Consent/${permit.id}`, { ...permit, status: 'inactive' }))
    const after = await events()
    assert.deepEqual([numbers(after), after.text.includes(patient.id)], [[1], false])
    assert.equal((await hub.as('abe').delete(`/Subscription/${id}`)).status, 204)
  })

  it('refuses numbers and contents that there are not', async () => {
    const id = await subscribe('ui')
    const events = (query: string) => hub.as('ui').get(`/Subscription/${id}/$events?${query}`)
    assert.match(refused(await events('content=everything'), 400, 'invalid-parameter'), /`everything`/)
    for (const query of ['eventsSinceNumber=one', 'eventsUntilNumber=-1', 'eventsSinceNumber=1.5'])
      refused(await events(query), 400, 'invalid-parameter')
    refused(await events('from=1'), 400, 'unknown-parameter')
  })

  it('is answered to the owner and to the board: 404 to others, 410 once the subscription is deleted', async () => {
    const id = await subscribe('vr')
    const events = (agency: string | undefined) => hub.as(agency).get(`/Subscription/${id}/$events`)
    assert.deepEqual(numbers(await events('vr')), [])
    assert.equal((await events(undefined)).status, 200)
    refused(await events('abe'), 404, 'not-found')
    assert.equal((await hub.as('vr').delete(`/Subscription/${id}`)).status, 204)
    refused(await events('vr'), 410, 'deleted')
  })
})
