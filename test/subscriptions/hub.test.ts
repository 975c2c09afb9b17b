import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
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

  type Wish = Parameters<typeof subscription>[2]
  const wanted = (wish: Wish = {}) => {
    const { id: _id, ...resource } = subscription('s', endpoint.url, { topic: 'participant-updated', ...wish })
    return resource
  }
  const subscribe = async (agency: string, wish: Wish = {}): Promise<string> => {
    const count = endpoint.received.length
    const made = await hub.as(agency).post('/Subscription', wanted(wish))
    assert.equal(made.status, 201, made.text)
    await endpoint.arrived(count + 1)
    return made.body.id
  }
  const codes = (answer: Answer) =>
    answer.body.issue.map((one: { details: { coding: { code: string }[] } }) => one.details.coding[0]!.code)
  const parameter = (status: { parameter: { name: string; [value: string]: unknown }[] }, name: string) =>
    status.parameter.find((one) => one.name === name)

  it('tells an agency of the participants that it may know of, and of no others', async () => {
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

  it('answers $status to the owner and to the board, narrowed by id and status', async () => {
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

  it('tells in $status what went wrong', async () => {
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

  it('refuses with 422 what it does not offer, each fault at its element', async () => {
    const wrong = wanted({ status: 'active', topic: 'nothing', filters: ['owner=Organization/a'] })
    const answer = await hub.as('abe').post('/Subscription', wrong)
    assert.equal(answer.status, 422)
    assert.deepEqual(codes(answer), ['subscription-rule', 'subscription-rule'])
    const unreadable = await hub
      .as('abe')
      .post('/Subscription', wanted({ topic: 'referral-created', filters: ['owner:nonsense=a'] }))
    assert.equal(unreadable.status, 422, unreadable.text)
    assert.match(unreadable.text, /modifier `nonsense`/)
  })

  it('lets the board turn a subscription off, and nothing more', async () => {
    const id = await subscribe('abe')
    const board = hub.as(undefined)
    const stored = (await board.get(`/Subscription/${id}`)).body
    const redirected = {
      ...stored,
      status: 'requested',
      channel: { ...stored.channel, endpoint: 'http://127.0.0.1:1/' },
    }
    assert.equal((await board.put(`/Subscription/${id}`, redirected)).status, 403)
    assert.equal((await board.put(`/Subscription/${id}`, { ...stored, status: 'off' })).status, 200)
    assert.equal((await hub.as('vr').get(`/Subscription/${id}`)).status, 404)
  })

  it('takes at most 100 subscriptions of one agency', async () => {
    const entry = Array.from({ length: 100 }, () => ({
      resource: wanted({ status: 'off' }),
      request: { method: 'POST', url: 'Subscription' },
    }))
    const many = await hub.as('youth-coast').post('', { resourceType: 'Bundle', type: 'transaction', entry })
    assert.equal(many.status, 200, many.text.slice(0, 500))
    const answer = await hub.as('youth-coast').post('/Subscription', wanted())
    assert.equal(answer.status, 422)
    assert.match(answer.text, /`100` subscriptions already/)
  })

  it('publishes its topics in the capability statement', async () => {
    const { body } = await hub.as('abe').get('/metadata')
    const held = body.rest[0].resource.find((one: { type: string }) => one.type === 'Subscription')
    const topics = held.extension.map((one: { valueCanonical: string }) => one.valueCanonical.split('/').at(-1))
    assert.ok(topics.includes('service-enrolment') && topics.includes('referral-created'))
    assert.deepEqual(
      held.operation
        .map((one: { name: string; definition: string }) => [one.name, one.definition.split('/').at(-1)])
        .sort(),
      [
        ['events', 'backport-subscription-events'],
        ['status', 'backport-subscription-status'],
        ['validate', 'Resource-validate'],
      ],
    )
  })
})
