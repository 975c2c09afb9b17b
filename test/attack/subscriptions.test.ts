/** Subscriptions reach nowhere inside, and tell an agency nothing that it may not know. */
import assert from 'node:assert/strict'
import { made, refused, type Client } from '../given.ts'
import { openEndpoint, type Endpoint } from '../subscriptions/endpoint.ts'
import { consent, participant, subscription as build, type Body } from '../builders/index.ts'
import { attacked, newcomer, post, type Scene } from './scene.ts'

/** To participants updated, with everything in each notification. */
const subscription = (
  endpoint: string,
  more: object = {},
  channel: object = {},
  filters: readonly string[] = [],
): Body => {
  const body = build(endpoint, { topic: 'participant-updated', content: 'full-resource', filters })
  return { ...body, channel: { ...(body.channel as object), ...channel }, ...more }
}

describe('attack / subscriptions', function () {
  this.timeout(30_000)

  describe('of one agency', () => {
    let scene: Scene, endpoint: Endpoint
    let es: Client, abe: Client, board: Client
    before(async () => {
      scene = await attacked({ HUB_LOOPBACK_ENDPOINTS: 'true' })
      ;[es, abe, board] = ['es', 'abe', 'board'].map((one) => scene.as(one)) as [Client, Client, Client]
      endpoint = await openEndpoint()
    })
    after(async () => {
      await scene.stop()
      await endpoint.close()
    })

    it('is nobody else’s to see, change, ask or delete', async () => {
      const own = await post(es, subscription(endpoint.url, {}, { header: ['Authorization: Bearer secret-of-es'] }))
      const path = `/Subscription/${own.id}`
      for (const answer of [
        await abe.get(path),
        await abe.get(`${path}/_history`),
        await abe.get(`${path}/_history/1`),
        await abe.get(`${path}/$status`),
        await abe.get(`${path}/$events`),
        await abe.send('POST', `${path}/$events`),
      ]) {
        assert.equal(answer.status, 404, answer.text)
        assert.ok(!answer.text.includes('secret-of-es'))
      }
      assert.ok((await abe.put(path, own)).status >= 403)
      assert.equal((await abe.delete(path)).status, 204)
      assert.equal((await es.get(path)).status, 200, 'what abe does not know it cannot delete')
      assert.equal(made(await abe.get('/Subscription?_total=accurate')).total, 0)
      assert.ok((await abe.get('/Subscription/$status')).text.includes(own.id) === false)
      refused(
        await board.put(path, {
          ...own,
          status: 'requested',
          channel: { ...own.channel, endpoint: `${endpoint.url}/mine` },
        }),
        403,
        'forbidden',
      )
    })

    it('hears nothing of whom the agency does not know, nor of a record after it was closed', async () => {
      const own = await post(abe, subscription(endpoint.url))
      const subject = await newcomer(es, 'es')
      const patient = made(await es.get(`/${subject}`))
      made(await es.put(`/${subject}`, { ...patient, gender: 'other' }, 1))
      const permit = await post(es, consent(subject, 'es', 'abe'))
      made(await es.put(`/${subject}`, { ...patient, gender: 'male' }, 2))
      made(await es.put(`/Consent/${permit.id}`, { ...permit, status: 'inactive' }))
      made(await es.put(`/${subject}`, { ...patient, gender: 'unknown' }, 3))
      const mine = made(await abe.post('/Patient', participant('abe')))
      made(await abe.put(`/Patient/${mine.id}`, { ...mine, gender: 'other' }, 1))
      for (;;) {
        const { body } = await abe.get(`/Subscription/${own.id}/$events?content=full-resource`)
        const parameters = body.entry[0].resource.parameter as { name: string; valueString?: string }[]
        const count = Number(parameters.find((one) => one.name === 'events-since-subscription-start')?.valueString)
        const text = JSON.stringify(body)
        if (count < 2 || !text.includes(`Patient/${mine.id}`)) continue
        assert.ok(!text.includes(subject), 'the event of the time with consent is a number only by now')
        break
      }
    })
  })
})
