/** What a view shows, what it remembers, and what it says it disclosed; over every store. */
import assert from 'node:assert/strict'
import type { Caller } from '../../server/fhir/types.ts'
import { isDeleted, resourceOf } from '../../server/records/resource.ts'
import { disclosing, insight, unrestricted } from '../../server/records/view.ts'
import { ALL } from '../../server/search/query.ts'
import type { Store } from '../../server/store/store.ts'
import { serialize } from '../../server/fhir/json.ts'
import { parseJson } from '../../server/fhir/json.ts'
import type { Resource } from '../../server/fhir/types.ts'
import { each, START, STORES } from '../store/stores.ts'
import { key, put, remove } from '../store/writes.ts'

const ES: Caller = { agency: 'es', role: 'agency' }
const HUB: Caller = { agency: 'hub', role: 'hub' }
const KNOWN_TO_ES = [{ agency: 'es' }]
const KNOWN_TO_VR = [{ agency: 'vr' }]

for (const kind of STORES) {
  describe(`records / view over ${kind.name}`, () => {
    const given = each(kind)
    const commit = (...writes: ReturnType<typeof put>[]) => given.store.commit({ writes })

    it('shows the records that the caller may know of, and no others', async () => {
      await commit(put('Goal/a', { audience: KNOWN_TO_ES }), put('Goal/b', { audience: KNOWN_TO_VR }))
      const view = insight(given.store, ES, START)
      assert.equal((await view.read(key('Goal/a')))?.id, 'a')
      assert.equal(await view.read(key('Goal/b')), undefined)
      assert.equal(await view.vread(key('Goal/b'), 1), undefined)
      assert.deepEqual((await view.history(key('Goal/b'), { limit: 10 })).versions, [])
      assert.deepEqual(
        (await view.list('Goal', ALL)).map(({ id }) => id),
        ['a'],
      )
    })

    it('shows the hub everything, and so does the unrestricted view', async () => {
      await commit(put('Goal/b', { audience: KNOWN_TO_VR }))
      assert.equal((await insight(given.store, HUB, START).read(key('Goal/b')))?.id, 'b')
      assert.equal((await unrestricted(given.store).read(key('Goal/b')))?.id, 'b')
    })

    it('lists every record that matches, however many pages that takes', async () => {
      await commit(...Array.from({ length: 1203 }, (_, index) => put(`Goal/g${index}`, { audience: KNOWN_TO_ES })))
      assert.equal((await insight(given.store, ES, START).list('Goal', ALL)).length, 1203)
    })

    it('keeps the digits of decimals', async () => {
      const body = parseJson('{"description":{"text":"x"},"target":[{"detailQuantity":{"value":1.50}}]}').value as Omit<
        Resource,
        'resourceType'
      >
      await commit(put('Goal/a', { body, audience: KNOWN_TO_ES }))
      const resource = await insight(given.store, ES, START).resource(key('Goal/a'))
      assert.match(serialize(resource), /"value":1\.50\b/)
    })

    it('answers a deletion as a version, and no resource for it', async () => {
      await commit(put('Goal/a', { audience: KNOWN_TO_ES }))
      await commit(remove('Goal/a', { audience: KNOWN_TO_ES }))
      const view = insight(given.store, ES, START)
      const version = await view.read(key('Goal/a'))
      assert.ok(version && isDeleted(version))
      assert.equal(await view.resource(key('Goal/a')), undefined)
      assert.throws(() => resourceOf(version), /Goal\/a is deleted at version 2/)
    })

    it('reads what it found, whatever was committed since: what is written is the version that met the condition', async () => {
      await commit(put('Goal/a', { audience: KNOWN_TO_ES }))
      const view = insight(given.store, ES, START)
      const { versions } = await view.find({ type: 'Goal', where: ALL, limit: 2 })
      await commit(put('Goal/a', { audience: KNOWN_TO_ES, body: { description: { text: 'new' } } }))
      assert.deepEqual([versions[0]?.version, (await view.read(key('Goal/a')))?.version], [1, 1])
      assert.equal((await insight(given.store, ES, START).read(key('Goal/a')))?.version, 2)
    })

    it('reads a record and a list once, and sees one state of them', async () => {
      await commit(put('Goal/a', { audience: KNOWN_TO_ES }))
      const counted = counting(given.store)
      const view = insight(counted.store, ES, START)
      await view.read(key('Goal/a'))
      await view.list('Goal', ALL)
      await commit(put('Goal/a', { audience: KNOWN_TO_ES }), put('Goal/b', { audience: KNOWN_TO_ES }))
      assert.equal((await view.read(key('Goal/a')))?.version, 1)
      assert.equal((await view.readMany([key('Goal/a')]))[0]?.version, 1)
      assert.equal((await view.list('Goal', ALL)).length, 1)
      assert.deepEqual(counted.calls, ['read', 'all'])
    })

    it('keeps what a list brought, so that a read of it costs nothing', async () => {
      await commit(put('Goal/a', { audience: KNOWN_TO_ES }), put('Task/t', { audience: KNOWN_TO_ES }))
      const counted = counting(given.store)
      const view = insight(counted.store, ES, START)
      const lists = await view.listEach(['Goal', 'Task'], ALL)
      assert.deepEqual(
        lists.map((all) => all.map(({ id }) => id)),
        [['a'], ['t']],
      )
      await view.list('Task', ALL)
      assert.equal((await view.read(key('Goal/a')))?.id, 'a')
      assert.deepEqual(counted.calls, ['all'])
    })

    it('answers the first match, and the index entries, of what the viewer may know of', async () => {
      const entries = [{ kind: 'token' as const, param: 'p', code: 'x' }]
      await commit(
        put('Goal/a', { audience: KNOWN_TO_ES, entries }),
        put('Goal/hidden', { audience: KNOWN_TO_VR, entries }),
      )
      const view = insight(given.store, ES, START)
      assert.equal((await view.first('Goal', { op: 'token', param: 'p', code: 'x' }))?.id, 'a')
      assert.equal(await view.first('Goal', { op: 'id', ids: ['hidden'] }), undefined)
      assert.deepEqual(await view.entries(key('Goal/a')), entries)
      assert.deepEqual(await view.entries(key('Goal/hidden')), [])
    })

    it('names what it disclosed, each record once, and what the request wrote', async () => {
      await commit(
        ...['a', 'b', 'c'].map((id) => put(`Goal/${id}`, { audience: KNOWN_TO_ES })),
        put('Goal/hidden', { audience: KNOWN_TO_VR }),
      )
      const view = disclosing(given.store, ES, START)
      assert.deepEqual(view.disclosed(), [])
      await view.read(key('Goal/a'))
      await view.read(key('Goal/a'))
      await view.read(key('Goal/hidden'))
      await view.find({ type: 'Goal', where: { op: 'id', ids: ['b', 'hidden'] }, limit: 10 })
      const { versions } = await commit(put('Goal/new', { audience: KNOWN_TO_ES }))
      view.disclose(versions[0]!)
      assert.deepEqual(view.disclosed(), [key('Goal/a'), key('Goal/b'), key('Goal/new')])
    })
  })
}

/** The store, and the names of the reads that were made. */
function counting(store: Store): { readonly store: Store; readonly calls: string[] } {
  const calls: string[] = []
  const handler: ProxyHandler<Store> = {
    get: (target, name) => {
      const value = target[name as keyof Store] as unknown
      // What the process has seen is answered at once, without a round trip.
      if (typeof value !== 'function' || name === 'seen') return value
      return (...args: unknown[]) => {
        calls.push(String(name))
        return (value as (...all: unknown[]) => unknown).apply(target, args)
      }
    },
  }
  return { store: new Proxy(store, handler), calls }
}
