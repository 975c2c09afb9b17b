/** An edited visibility.json: no audience of the former rule is used by a hub that listens under the new one. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import type { VisibilityRule } from '../../server/domain/visibility/rule.ts'
import { createHub, type Hub } from '../../server/hub.ts'
import { createLog } from '../../server/log.ts'
import type { Store } from '../../server/store/store.ts'
import { ROOT } from '../checks/files.ts'
import { clientAt, made, type Client } from '../given.ts'
import { STORES, type Opened } from '../store/stores.ts'
import { agreement, condition, goal, participant, participation } from '../builders/index.ts'

const RULE = JSON.parse(readFileSync(join(ROOT, 'capability/rules/visibility.json'), 'utf8')) as VisibilityRule
/** Taking part in a program opens nothing. */
const CLOSED: VisibilityRule = { ...RULE, circle: RULE.circle.filter(({ type }) => type !== 'EpisodeOfCare') }
/** The agencies that sign a contract do not know of it. */
const UNSIGNED: VisibilityRule = { ...RULE, parties: { ...RULE.parties, Contract: [] } }

for (const kind of STORES) {
  describe(`start / audiences over ${kind.name}`, function () {
    this.timeout(60_000)
    let opened: Opened
    let hub: Hub | undefined
    let logged: string[]
    beforeEach(async () => {
      opened = await kind.open()
      logged = []
    })
    afterEach(async () => {
      await hub?.stop()
      hub = undefined
      await opened.close()
    })

    type Clients = { readonly es: Client; readonly abe: Client; readonly board: Client }
    async function start(visibility: VisibilityRule, more: Partial<Store> = {}): Promise<Clients> {
      await hub?.stop()
      hub = undefined
      const store: Store = { ...opened.store, ...more, close: async () => undefined }
      const config = loadConfig({ HUB_PORT: '0', HUB_STORE: 'memory:', HUB_SSN_KEY: 'x'.repeat(40) })
      const log = createLog('info', { write: (line: string) => void logged.push(JSON.parse(line).event) })
      hub = await createHub(config, { log, clock: createClock(), store, visibility })
      const { url } = await hub.listen()
      return { es: clientAt(url, 'es'), abe: clientAt(url, 'abe'), board: clientAt(url) }
    }
    const post = async (client: Client, body: { resourceType: string }): Promise<string> =>
      `${body.resourceType}/${made(await client.post(`/${body.resourceType}`, body)).id}`
    /** People of es, each with records, in whose program abe takes part. */
    async function fill({ es, abe, board }: Clients, count: number): Promise<string[]> {
      const keys: string[] = []
      for (let number = 0; number < count; number += 1) {
        const subject = await post(es, participant('es'))
        keys.push(subject, await post(es, condition(subject)), await post(es, goal(subject)))
        await post(board, participation(subject, 'abe'))
      }
      assert.equal((await abe.get(`/${keys[0]}`)).status === 200, (await abe.get(`/${keys[1]}`)).status === 200)
      return keys
    }
    const countVisible = async (client: Client, keys: readonly string[]): Promise<number> => {
      const answers = await Promise.all(keys.map((key) => client.get(`/${key}`)))
      return answers.filter(({ status }) => status === 200).length
    }

    it('closes what the new rule does not open, and opens it again', async () => {
      let clients = await start(RULE)
      const keys = await fill(clients, 3)
      assert.deepEqual([await countVisible(clients.abe, keys), await countVisible(clients.es, keys)], [9, 9])
      clients = await start(CLOSED)
      assert.deepEqual([await countVisible(clients.abe, keys), await countVisible(clients.es, keys)], [0, 9])
      assert.equal(made(await clients.abe.get('/Condition')).entry, undefined)
      clients = await start(RULE)
      assert.deepEqual([await countVisible(clients.abe, keys), await countVisible(clients.es, keys)], [9, 9])
    })

    it('is computed for records of no participant, and for deleted ones', async () => {
      let clients = await start(RULE)
      const signed = await post(clients.board, agreement(['abe', 'ui'], '2030-01-01'))
      const keys = await fill(clients, 1)
      assert.equal((await clients.es.delete(`/${keys[2]}`)).status, 204)
      assert.equal((await clients.abe.get(`/${keys[2]}`)).status, 410)
      assert.equal(await countVisible(clients.abe, [signed]), 1)
      clients = await start({ ...UNSIGNED, circle: CLOSED.circle })
      assert.deepEqual([await countVisible(clients.abe, [signed]), await countVisible(clients.board, [signed])], [0, 1])
      assert.equal((await clients.abe.get(`/${keys[2]}`)).status, 404)
      assert.equal((await clients.es.get(`/${keys[2]}`)).status, 410)
    })

    it('does nothing at a start under the same rule', async () => {
      const clients = await start(RULE)
      await fill(clients, 1)
      logged = []
      await start(RULE)
      assert.deepEqual(
        logged.filter((event) => event === 'audiences computed'),
        [],
      )
    })

    it('goes on where it was when the start is killed, and listens only when all is computed', async () => {
      let clients = await start(RULE)
      const keys = await fill(clients, 2)
      const entry = Array.from({ length: 110 }, () => ({
        resource: participant('es'),
        request: { method: 'POST', url: 'Patient' },
      }))
      made(await clients.es.post('', { resourceType: 'Bundle', type: 'transaction', entry }))
      keys.push(...(await fill(clients, 1)))
      const people: string[] = []
      let most = 105
      const commit: Store['commit'] = (work) => {
        const [person] = (work.writes ?? []).flatMap((write) =>
          write.kind === 'audience' && write.key.type === 'Patient' ? [write.key.id] : [],
        )
        if (person !== undefined) people.push(person)
        return people.length > most ? Promise.reject(new Error('killed')) : opened.store.commit(work)
      }
      await assert.rejects(start(CLOSED, { commit }), /killed/)
      const before = people.splice(0).slice(0, 100)
      most = Infinity
      clients = await start(CLOSED, { commit })
      // The first page of a hundred was done; the second one is done again.
      assert.equal(people.length, 13)
      assert.deepEqual(
        people.filter((id) => before.includes(id)),
        [],
      )
      assert.deepEqual([await countVisible(clients.abe, keys), await countVisible(clients.es, keys)], [0, 9])
    })

    it('refuses to start under another rule than a newer hub that keeps the store', async () => {
      await start(RULE)
      const key = { type: 'Published', id: 'visibility' }
      const stored = await opened.store.read(key, 'unrestricted')
      const { meta: _meta, ...resource } = JSON.parse(stored!.text)
      const put = { kind: 'put', method: 'PUT', entries: [], audience: [], author: 'hub' } as const
      await opened.store.commit({ writes: [{ ...put, resource: { ...resource, software: '99.0.0' } }] })
      await assert.rejects(start(CLOSED), /kept by the hub 99\.0\.0 under other visibility rules/)
      await start(RULE)
    })
  })
}
