/** $status: the status of the caller's subscriptions. https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/OperationDefinition-backport-subscription-status.html */
import assert from 'node:assert/strict'
import { participant, ROOT, subscription, type SubscriptionOptions } from '../builders/index.ts'
import { given, made, refused, type Answer, type Given } from '../given.ts'
import { openEndpoint, type Endpoint } from '../subscriptions/endpoint.ts'

describe('operations / $status', () => {
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

  it('lists subscriptions for their owner and for the board, narrowed by id and status', async () => {
    const mine = [await subscribe('dhs'), await subscribe('dhs', { topic: 'plan-updated' })]
    const off = await hub.as('dhs').get(`/Subscription/${mine[1]}`)
    const turned = await hub.as('dhs').put(`/Subscription/${mine[1]}`, { ...off.body, status: 'off' })
    assert.equal(turned.status, 200, turned.text)
    const ids = (answer: Answer) =>
      (answer.body.entry ?? []).map((one: { resource: { parameter: [{ valueReference: { reference: string } }] } }) =>
        one.resource.parameter[0].valueReference.reference.split('/').at(-1),
      )
    const dhs = hub.as('dhs')
    const all = await dhs.get('/Subscription/$status')
    assert.deepEqual([all.body.type, all.body.total, ids(all)], ['searchset', 2, mine])
    assert.deepEqual(ids(await dhs.get('/Subscription/$status?status=off')), [mine[1]])
    assert.deepEqual(ids(await dhs.get(`/Subscription/$status?id=${mine[0]}&id=nothing`)), [mine[0]])
    assert.deepEqual(ids(await dhs.get(`/Subscription/$status?id=${mine[0]},${mine[1]}`)), mine)
    assert.deepEqual(ids(await hub.as('college').get('/Subscription/$status')), [])
    assert.deepEqual(ids(await hub.as('college').get(`/Subscription/$status?id=${mine[0]}`)), [])
    assert.ok(ids(await hub.as(undefined).get('/Subscription/$status')).includes(mine[0]))
    const posted = await dhs.post('/Subscription/$status', {
      resourceType: 'Parameters',
      parameter: [{ name: 'status', valueCode: 'off' }],
    })
    assert.deepEqual(ids(posted), [mine[1]])
    const one = await dhs.get(`/Subscription/${mine[1]}/$status`)
    assert.deepEqual([parameter(one.body.entry[0].resource, 'status')?.valueCode, one.body.entry.length], ['off', 1])
    assert.equal((await hub.as('college').get(`/Subscription/${mine[0]}/$status`)).status, 404)
  })

  it('says what went wrong', async () => {
    endpoint.answer(403)
    const id = await subscribe('ui')
    const status = async () => (await hub.as('ui').get(`/Subscription/${id}/$status`)).body.entry[0].resource
    // The answer has arrived; the status follows as soon as the hub has written it down.
    while (parameter(await status(), 'status')?.valueCode === 'requested');
    assert.deepEqual(parameter(await status(), 'error'), {
      name: 'error',
      valueCodeableConcept: { text: 'The handshake failed. The endpoint answered 403.' },
    })
  })

  it('counts the events of a subscription since its start', async () => {
    const es = hub.as('es')
    const id = await subscribe('es')
    const patient = made(await es.post('/Patient', participant('es')))
    const count = endpoint.received.length
    made(await es.put(`/Patient/${patient.id}`, { ...patient, gender: 'other' }, 1))
    await endpoint.arrived(count + 1)
    const { resource } = (await es.get(`/Subscription/${id}/$status`)).body.entry[0]
    assert.equal(parameter(resource, 'type')?.valueCode, 'query-status')
    assert.equal(parameter(resource, 'events-since-subscription-start')?.valueString, '1')
    assert.equal(parameter(resource, 'topic')?.valueCanonical, `${ROOT}/SubscriptionTopic/participant-updated`)
  })

  it('answers 404 for a subscription that does not exist, and 410 for a deleted one', async () => {
    const vr = hub.as('vr')
    const id = await subscribe('vr')
    assert.equal((await vr.delete(`/Subscription/${id}`)).status, 204)
    refused(await vr.get(`/Subscription/${id}/$status`), 410, 'deleted')
    refused(await vr.get('/Subscription/none/$status'), 404, 'not-found')
  })

  it('refuses a parameter that it does not have', async () => {
    assert.match(refused(await hub.as('vr').get('/Subscription/$status?owner=vr'), 400, 'unknown-parameter'), /`owner`/)
  })
})
