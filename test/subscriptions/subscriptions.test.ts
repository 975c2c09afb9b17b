import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SubscriptionOptions } from '../builders/index.ts'
import { ROOT } from '../checks/files.ts'
import { given, type Answer, type Given } from '../given.ts'
import { openEndpoint, type Endpoint } from './endpoint.ts'
import { subscription, TOPIC } from './scene.ts'

const participant = JSON.parse(readFileSync(join(ROOT, 'samples/participant/valid-small.json'), 'utf8'))

describe('subscriptions / over HTTP', () => {
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

  const newSubscription = (options: SubscriptionOptions = {}) => {
    const { id: _id, ...resource } = subscription('s', endpoint.url, { topic: 'participant-updated', ...options })
    return resource
  }
  const subscribe = async (agency: string, options: SubscriptionOptions = {}): Promise<string> => {
    const count = endpoint.received.length
    const made = await hub.as(agency).post('/Subscription', newSubscription(options))
    assert.equal(made.status, 201, made.text)
    await endpoint.arrived(count + 1)
    return made.body.id
  }
  const codes = (answer: Answer) =>
    answer.body.issue.map((one: { details: { coding: { code: string }[] } }) => one.details.coding[0]!.code)
  const parameter = (status: { parameter: { name: string; [value: string]: unknown }[] }, name: string) =>
    status.parameter.find((one) => one.name === name)

  it('notify an agency of the participants that it may see, and of no others', async () => {
    const es = await subscribe('es')
    const vr = await subscribe('vr')
    const theirs = { ...participant, managingOrganization: { reference: 'Organization/es' } }
    delete theirs.id
    const made = await hub.as('es').post('/Patient', theirs)
    assert.equal(made.status, 201, made.text)
    const count = endpoint.received.length
    const changed = await hub
      .as('es')
      .put(`/Patient/${made.body.id}`, { ...made.body, active: true, language: 'en' }, 1)
    assert.equal(changed.status, 200, changed.text)
    await endpoint.arrived(count + 1)
    const last = endpoint.received.at(-1)!
    assert.equal(last.headers['webhook-id'], `${es}-1-1`)
    const [{ resource }] = last.bundle.entry
    assert.equal(parameter(resource, 'topic')?.valueCanonical, `${TOPIC}/participant-updated`)
    assert.match(JSON.stringify(resource), new RegExp(`"${hub.url}/Patient/${made.body.id}"`))

    const events = async (agency: string, id: string, query = '') =>
      hub.as(agency).get(`/Subscription/${id}/$events${query}`)
    const answer = await events('es', es, '?content=full-resource&eventsSinceNumber=1&eventsUntilNumber=1')
    assert.equal(answer.body.type, 'history')
    assert.equal(parameter(answer.body.entry[0].resource, 'type')?.valueCode, 'query-event')
    assert.deepEqual(answer.body.entry[1].resource.meta.versionId, '2')
    assert.equal((await events('es', es, '?eventsSinceNumber=2')).body.entry.length, 1)
    const none = await events('vr', vr)
    assert.equal(parameter(none.body.entry[0].resource, 'events-since-subscription-start')?.valueString, '0')
    assert.equal((await events('vr', es)).status, 404)
    assert.equal((await events('board', es)).status, 200)
    assert.deepEqual(codes(await events('es', es, '?content=everything')), ['invalid-parameter'])
    assert.deepEqual(codes(await events('es', es, '?eventsSinceNumber=one')), ['invalid-parameter'])
  })
})
