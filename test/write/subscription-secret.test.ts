/** The values of a subscription's headers: sent to the endpoint, shown to nobody, kept by an update that sends the mask back. */
import assert from 'node:assert/strict'
import type { Resource } from '../../server/fhir/types.ts'
import { attacked, type Scene } from '../attack/scene.ts'
import { subscription, transaction, type Body, type StoredBody } from '../builders/index.ts'
import { made, refused, type Answer, type Client } from '../given.ts'
import { openEndpoint, type Endpoint } from '../subscriptions/endpoint.ts'

const SECRET = 'a-token-of-es-that-nobody-sees'
const MASKED = ['Authorization: ****', 'X-Route: ****']

describe('write / the secrets of subscriptions', function () {
  this.timeout(30_000)
  let scene: Scene
  let endpoint: Endpoint
  let es: Client, board: Client

  beforeEach(async () => {
    endpoint = await openEndpoint()
    scene = await attacked({ HUB_LOOPBACK_ENDPOINTS: 'true' })
    ;[es, board] = [scene.as('es'), scene.as('board')]
  })
  afterEach(async () => {
    await scene.stop()
    await endpoint.close()
  })

  const wanted = (headers = [`Authorization: Bearer ${SECRET}`, 'X-Route: east']): Body =>
    subscription(endpoint.url, { topic: 'participant-updated', headers })

  /** The subscription once its endpoint has accepted so many handshakes and the hub has written it as active. */
  async function active(id: string, handshakes: number): Promise<StoredBody> {
    await endpoint.arrived(handshakes)
    for (;;) {
      const body = made(await es.get(`/Subscription/${id}`))
      if (body.status === 'active') return body
    }
  }
  const sentLast = (): string | undefined => endpoint.received.at(-1)?.headers.authorization

  it('are in no answer to anybody, by any way of a read or a write, and reach the endpoint', async () => {
    const answers: Answer[] = [await es.post('/Subscription', wanted())]
    const { id } = made(answers[0]!)
    const now = await active(id, 1)
    answers.push(await es.post('', transaction({ method: 'POST', url: 'Subscription', resource: wanted() })))
    answers.push(await es.change(now, { status: 'off' }))
    for (const client of [es, board])
      for (const path of [
        `/Subscription/${id}`,
        `/Subscription/${id}/_history`,
        `/Subscription/${id}/_history/1`,
        `/Subscription/${id}/_history/2`,
        '/Subscription',
        `/Subscription?_id=${id}&_elements=channel`,
        `/Subscription/${id}/$status`,
        `/Subscription/${id}/$events`,
      ])
        answers.push(await client.get(path))
    answers.push(
      await board.post('', {
        resourceType: 'Bundle',
        type: 'batch',
        entry: [{ request: { method: 'GET', url: `Subscription/${id}` } }],
      }),
    )
    answers.push(await board.get('/$jobs'))
    answers.push(await board.get(`/SubscriptionSecret/${id}`))
    for (const one of answers)
      assert.ok(!one.text.includes(SECRET) && !one.text.includes('east'), one.text.slice(0, 2000))
    assert.deepEqual(made(answers[0]!).channel.header, MASKED)
    assert.equal(endpoint.received[0]?.headers.authorization, `Bearer ${SECRET}`)
    assert.equal(endpoint.received[0]?.headers['x-route'], 'east')
  })

  it('stay when an update sends the masks back, and change with the value that it sends', async () => {
    const { id } = made(await es.post('/Subscription', wanted()))
    const first = await active(id, 1)
    made(await es.change(first, { reason: 'Another reason', status: 'requested' }))
    const second = await active(id, 2)
    assert.equal(sentLast(), `Bearer ${SECRET}`)
    const channel = second.channel as object
    const changed = {
      status: 'requested',
      channel: { ...channel, header: ['Authorization: Bearer new', 'X-Route: ****'] },
    }
    const third = made(await es.change(second, changed))
    assert.deepEqual(third.channel.header, MASKED)
    await active(id, 3)
    assert.deepEqual([sentLast(), endpoint.received.at(-1)?.headers['x-route']], ['Bearer new', 'east'])
  })

  it('change by an update that changes nothing else, which makes a version, and one that sends the same makes none', async () => {
    const off = { ...wanted(), status: 'off' } as Body
    const first = made(await es.post('/Subscription', off)) as StoredBody
    const put = (header: readonly string[]) => es.change(first, { channel: { ...(off.channel as object), header } })
    assert.equal(made(await put([`Authorization: Bearer ${SECRET}`, 'X-Route: east'])).meta.versionId, '1')
    assert.equal(made(await put(['Authorization: ****', 'X-Route: east'])).meta.versionId, '1')
    assert.equal(made(await put(['Authorization: Bearer other', 'X-Route: east'])).meta.versionId, '2')
  })

  it('are not there for a mask without a stored value, nor at another endpoint', async () => {
    assert.match(refused(await es.post('/Subscription', wanted(MASKED)), 422, 'subscription-rule'), /keeps none/)
    const first = made(await es.post('/Subscription', wanted())) as StoredBody
    const now = await active(String(first.id), 1)
    const channel = { ...(now.channel as object), endpoint: `${endpoint.url}/elsewhere` }
    const answer = await es.change(now, { status: 'requested', channel })
    assert.match(refused(answer, 422, 'subscription-rule'), /the endpoint is another one/)
    assert.deepEqual(answer.body.issue[0].expression, ['Subscription.channel.header[0]'])
  })

  it('go nowhere by the board, which turns a subscription off and changes nothing else of it', async () => {
    const { id } = made(await es.post('/Subscription', wanted()))
    const now = await active(id, 1)
    const channel = { ...(now.channel as object), endpoint: `${endpoint.url}/board` }
    refused(await board.change(now, { status: 'off', channel }), 403, 'forbidden')
    assert.equal(made(await board.change(now, { status: 'off' })).status, 'off')
  })

  it('are hidden where an earlier hub kept them in the resource, history included, and still reach the endpoint', async () => {
    const { id } = made(await es.post('/Subscription', { ...wanted(), status: 'off' }))
    const key = { type: 'Subscription', id: 'es.old' }
    const { audience, entries } = (await scene.store.indexed({ type: 'Subscription', id }))!
    const clear = {
      ...wanted(),
      status: 'off',
      id: key.id,
      meta: { source: 'Organization/es' },
    } as unknown as Resource & { id: string }
    for (const reason of ['One', 'Two'])
      await scene.store.commit({
        writes: [{ kind: 'put', method: 'PUT', resource: { ...clear, reason }, audience, entries, author: 'es' }],
      })
    for (const client of [es, board])
      for (const path of ['', '/_history', '/_history/1']) {
        const answer = await client.get(`/Subscription/es.old${path}`)
        assert.equal(answer.status, 200)
        assert.ok(!answer.text.includes(SECRET), path)
      }
    assert.ok(!(await board.get('/Subscription')).text.includes(SECRET))
    const old = made(await es.get('/Subscription/es.old')) as StoredBody
    assert.deepEqual((old.channel as { header: unknown }).header, MASKED)
    made(await es.change(old, { status: 'requested' }))
    await active('es.old', 1)
    assert.equal(sentLast(), `Bearer ${SECRET}`)
    assert.ok(!(await scene.store.read(key, 'unrestricted'))!.text.includes(SECRET))
  })
})
