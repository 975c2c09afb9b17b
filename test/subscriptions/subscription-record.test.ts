/** How the hub changes the status of a subscription: a write like everybody's, under the claim of its job. */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import { createHub, type Hub } from '../../server/hub.ts'
import { createLog } from '../../server/log.ts'
import type { Store, Work } from '../../server/store/store.ts'
import { clientAt, made, type Client } from '../given.ts'
import { STORES, type Opened } from '../store/stores.ts'
import { openEndpoint, type Endpoint } from './endpoint.ts'
import { subscription } from './scene.ts'

for (const kind of STORES) {
  describe(`subscriptions / the status of a subscription over ${kind.name}`, function () {
    this.timeout(30_000)
    let opened: Opened
    let endpoint: Endpoint
    let hub: Hub
    let es: Client
    let board: Client
    let commits: Work[]
    beforeEach(async () => {
      opened = await kind.open()
      endpoint = await openEndpoint()
      commits = []
      const store: Store = { ...opened.store, commit: (work) => (commits.push(work), opened.store.commit(work)) }
      const config = loadConfig({
        HUB_PORT: '0',
        HUB_STORE: 'memory:',
        HUB_SSN_KEY: 'a key for tests only, 32 chars at least',
        HUB_LOOPBACK_ENDPOINTS: 'true',
        HUB_RETRY_SCHEDULE: '1',
      })
      hub = await createHub(config, { log: createLog('silent'), clock: createClock(), store })
      const { url } = await hub.listen()
      es = clientAt(url, 'es')
      board = clientAt(url)
    })
    afterEach(async () => {
      await hub.stop()
      await endpoint.close()
      // The hub has closed the store; the rest is the folder.
      await opened.close().catch(() => undefined)
    })

    const newSubscription = () => {
      const { id: _id, ...resource } = subscription('s', endpoint.url, { topic: 'participant-updated' })
      return resource
    }
    /** The subscription once the hub has written its next version. */
    const written = async (id: string, version: number) => {
      for (;;) {
        const { body } = await es.get(`/Subscription/${id}`)
        if (body.meta.versionId === String(version)) return body
      }
    }

    it('is written with the audience, the index entries and the version of a write', async () => {
      const { id } = made(await es.post('/Subscription', newSubscription()))
      const key = { type: 'Subscription', id }
      const before = await opened.store.indexed(key)
      const active = await written(id, 2)
      assert.deepEqual(
        [active.status, active.meta.source, active.channel.endpoint],
        ['active', 'Organization/hub', endpoint.url],
      )
      const version = await opened.store.read(key, 'unrestricted')
      assert.deepEqual([version?.author, version?.owner, version?.method], ['hub', 'es', 'PUT'])
      const after = await opened.store.indexed(key)
      const agencies = (audience: typeof after) => audience?.audience.map(({ agency }) => agency).sort()
      assert.deepEqual(agencies(after), agencies(before))
      assert.deepEqual(agencies(after), ['board', 'es'])
      const found = async (status: string) => ((await es.get(`/Subscription?status=${status}`)).body.entry ?? []).length
      assert.deepEqual([await found('active'), await found('requested')], [1, 0])
      assert.equal((await board.get(`/Subscription/${id}/_history/2`)).status, 200)
    })

    it('is written with the claim of the job, the jobs that follow, and the version that was read', async () => {
      const { id } = made(await es.post('/Subscription', newSubscription()))
      await written(id, 2)
      const work = commits.find(({ claim, writes = [] }) => claim && writes.length > 0)
      const [write] = work?.writes ?? []
      assert.equal(work?.claim?.kind, 'handshake')
      assert.deepEqual(
        work?.jobs?.map((job) => [job.kind, job.key]),
        [['deliver', id]],
      )
      assert.deepEqual(write?.kind === 'put' && write.expect, { version: [1] })
    })

    it('gives way to the owner who wrote the subscription meanwhile', async () => {
      let turnedOff: Promise<unknown> | undefined
      endpoint.decide(() => (response) => {
        const id = /Subscription\/([^"/]+)"/.exec(JSON.stringify(endpoint.received[0]!.bundle))![1]!
        turnedOff = es.put(`/Subscription/${id}`, { ...newSubscription(), id, status: 'off' }).then((answer) => {
          made(answer)
          response.writeHead(200).end()
        })
      })
      const { id } = made(await es.post('/Subscription', newSubscription()))
      await endpoint.arrived(1)
      while (turnedOff === undefined) await new Promise((resolve) => setImmediate(resolve))
      await turnedOff
      // The handshake's own attempt to write has ended when its job is done.
      while (await isWaiting('handshake')) await new Promise((resolve) => setImmediate(resolve))
      const { body } = await es.get(`/Subscription/${id}`)
      assert.deepEqual([body.status, body.meta.versionId], ['off', '2'])
    })

    const isWaiting = async (job: string): Promise<boolean> => (await opened.store.jobs.next([job])) !== undefined
  })
}
