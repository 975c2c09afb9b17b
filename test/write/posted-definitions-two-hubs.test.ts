/** Two hubs on one store: what the board posts at one is in effect at the other, and neither keeps the other from posting. */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import { createHub, type Hub } from '../../server/hub.ts'
import { createLog } from '../../server/log.ts'
import type { Store } from '../../server/store/store.ts'
import { clientAt, made, refused, type Client } from '../given.ts'
import { openEndpoint, type Endpoint } from '../subscriptions/endpoint.ts'
import { subscription } from '../subscriptions/scene.ts'
import { STORES, type Opened } from '../store/stores.ts'
import { participant } from '../builders/index.ts'
import { address, allOf, codeSystem, profileOf } from '../builders/definitions.ts'

type Side = { readonly hub: Hub; readonly board: Client; readonly es: Client }

/** A hub over a store that another one has open as well. */
async function over(store: Store): Promise<Side> {
  const env = {
    HUB_PORT: '0',
    HUB_STORE: 'memory:',
    HUB_SSN_KEY: 'a key for tests only, 32 chars at least',
    HUB_LOOPBACK_ENDPOINTS: 'true',
  }
  const shared: Store = { ...store, close: async () => undefined }
  const hub = await createHub(loadConfig(env), { log: createLog('silent'), clock: createClock(), store: shared })
  const { url } = await hub.listen()
  return { hub, board: clientAt(url), es: clientAt(url, 'es') }
}

const needsPhone = (id: string, more = {}) => profileOf(id, 'Patient', [{ id: 'Patient.telecom', min: 1 }], more)
const claiming = (id: string) => ({ ...participant('es'), meta: { profile: [address('StructureDefinition', id)] } })
const put = ({ board }: Side, one: { resourceType: string; id: string }) =>
  board.put(`/${one.resourceType}/${one.id}`, one)

for (const kind of STORES) {
  describe(`interactions / posted definitions with two hubs on one ${kind.name} store`, function () {
    this.timeout(60_000)
    let opened: Opened
    let a: Side
    let b: Side
    before(async () => {
      opened = await kind.open()
      // Both start at once on an empty store.
      ;[a, b] = await Promise.all([over(opened.store), over(opened.store)])
    })
    after(async () => {
      await Promise.all([a.hub.stop(), b.hub.stop()])
      await opened.close()
    })

    it('both start, and the samples are there once', async () => {
      assert.ok(a.hub.agencies.length > 0)
      assert.deepEqual(a.hub.agencies, b.hub.agencies)
    })

    it('are used by the other hub once it has read the log: for writes, $validate and $expand', async () => {
      made(await put(a, needsPhone('at-a')))
      made(await put(a, codeSystem('at-a', ['x', 'y'])))
      made(await put(a, allOf('at-a')))
      await b.hub.catchUp()
      refused(await b.es.post('/Patient', claiming('at-a')), 422, 'element-missing')
      const profile = encodeURIComponent(address('StructureDefinition', 'at-a'))
      assert.match(
        (await b.es.post(`/Patient/$validate?profile=${profile}`, participant('es'))).text,
        /element-missing/,
      )
      const expansion = made(await b.es.get(`/ValueSet/$expand?url=${address('ValueSet', 'at-a')}`)).expansion
      assert.deepEqual(
        expansion.contains.map(({ code }: { code: string }) => code),
        ['x', 'y'],
      )
    })

    it('are posted by both in alternation, each judged by what the other posted just before', async () => {
      for (let round = 0; round < 4; round += 1) {
        const [here, there] = round % 2 === 0 ? [a, b] : [b, a]
        made(await put(here, needsPhone(`base-${round}`)))
        const baseDefinition = address('StructureDefinition', `base-${round}`)
        made(await put(there, needsPhone(`upon-${round}`, { baseDefinition })))
        refused(await here.board.delete(`/StructureDefinition/base-${round}`), 409, 'definition-in-use')
      }
    })

    it('are posted by both at once, none refused as busy', async () => {
      const ids = Array.from({ length: 12 }, (_, index) => `once-${index}`)
      const answers = await Promise.all(ids.map((id, index) => put(index % 2 === 0 ? a : b, needsPhone(id))))
      assert.deepEqual(
        answers.map(({ status }) => status),
        ids.map(() => 201),
      )
      await Promise.all([a.hub.catchUp(), b.hub.catchUp()])
      for (const id of ids)
        for (const { es } of [a, b]) refused(await es.post('/Patient', claiming(id)), 422, 'element-missing')
    })

    it('hold a record that claims one which the other hub has just changed or withdrawn', async () => {
      made(await put(a, needsPhone('claimed', { differential: { element: [{ id: 'Patient', path: 'Patient' }] } })))
      await b.hub.catchUp()
      made(await b.es.post('/Patient', claiming('claimed')))
      made(await put(a, needsPhone('claimed')))
      refused(await b.es.post('/Patient', claiming('claimed')), 422, 'element-missing')
      made(await put(a, needsPhone('withdrawn')))
      await b.hub.catchUp()
      assert.equal((await a.board.delete('/StructureDefinition/withdrawn')).status, 204)
      const complete = { ...claiming('withdrawn'), telecom: [{ system: 'phone', value: '601-555-0100' }] }
      refused(await b.es.post('/Patient', complete), 422, 'profile-unknown')
    })

    it('deliver each event once, though both match and deliver', async () => {
      const endpoint: Endpoint = await openEndpoint()
      try {
        const { id: _id, ...newSubscription } = subscription('s', endpoint.url, { topic: 'participant-updated' })
        const { id } = made(await a.es.post('/Subscription', newSubscription))
        await endpoint.arrived(1)
        const person = made(await a.es.post('/Patient', participant('es')))
        const languages = ['en', 'es', 'fr', 'de', 'it', 'vi']
        let version = 1
        for (const [index, language] of languages.entries()) {
          const { es } = index % 2 === 0 ? b : a
          made(await es.put(`/Patient/${person.id}`, { ...person, language }, version))
          version += 1
        }
        await endpoint.arrived(1 + languages.length)
        await Promise.all([a.hub.catchUp(), b.hub.catchUp()])
        const ids = endpoint.received.slice(1).map(({ headers }) => headers['webhook-id'])
        assert.deepEqual(
          ids,
          languages.map((_, index) => `${id}-${index + 1}-${index + 1}`),
        )
        assert.equal(await opened.store.eventCount(id), languages.length)
      } finally {
        await endpoint.close()
      }
    })
  })
}
