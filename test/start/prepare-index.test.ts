/** A search parameter that is added, changed or removed: found complete or refused, never a part in silence. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import type { Definitions, ResourceCapability, SearchParameter } from '../../server/definitions/definitions.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { createHub, type Hub } from '../../server/hub.ts'
import { createLog } from '../../server/log.ts'
import type { Store } from '../../server/store/store.ts'
import { USED_BY_RULES } from '../../server/write/index-state.ts'
import { ROOT, sourceFiles } from '../checks/files.ts'
import { clientAt, made, refused, type Answer, type Client } from '../given.ts'
import { STORES, type Opened } from '../store/stores.ts'
import { participant } from '../builders/index.ts'

/** The definitions with other search parameters of Patient. */
function withParameters(all: Definitions, change: (those: readonly SearchParameter[]) => readonly SearchParameter[]) {
  const edited = (one: ResourceCapability): ResourceCapability =>
    one.type === 'Patient' ? { ...one, searchParameters: change(one.searchParameters) } : one
  const capabilities = all.capabilities.map(edited)
  const definitions: Definitions = {
    ...all,
    capabilities,
    capability: (type) => capabilities.find((one) => one.type === type),
    current: () => definitions,
  }
  return definitions
}
const without = (code: string) => (those: readonly SearchParameter[]) => those.filter((one) => one.code !== code)

for (const kind of STORES) {
  describe(`start / reindex over ${kind.name}`, function () {
    this.timeout(60_000)
    let opened: Opened
    let all: Definitions
    let hubs: Hub[]
    before(async () => (all = await loadDefinitions(ROOT)))
    beforeEach(async () => {
      opened = await kind.open()
      hubs = []
    })
    afterEach(async () => {
      await Promise.all(hubs.map((hub) => hub.stop()))
      await opened.close()
    })

    type IndexedHub = { readonly hub: Hub; readonly board: Client; readonly es: Client }
    async function start(definitions: Definitions, more: Partial<Store> = {}): Promise<IndexedHub> {
      const store: Store = { ...opened.store, ...more, close: async () => undefined }
      const config = loadConfig({ HUB_PORT: '0', HUB_STORE: 'memory:', HUB_SSN_KEY: 'x'.repeat(40) })
      const hub = await createHub(config, { log: createLog('silent'), clock: createClock(), store, definitions })
      hubs.push(hub)
      const { url } = await hub.listen()
      return { hub, board: clientAt(url), es: clientAt(url, 'es') }
    }
    const stop = async ({ hub }: IndexedHub): Promise<void> => {
      hubs = hubs.filter((one) => one !== hub)
      await hub.stop()
    }
    const person = (gender: string, more: object = {}) => ({ ...participant('es'), gender, ...more })
    const make = async ({ es }: IndexedHub, body: object): Promise<string> => made(await es.post('/Patient', body)).id
    const found = (answer: Answer): string[] =>
      (made(answer).entry ?? []).map((one: { resource: { id: string } }) => one.resource.id).sort()
    /** Searches until the index is complete; what is answered before must be the refusal. */
    async function whenComplete({ es }: IndexedHub, query: string): Promise<string[]> {
      for (;;) {
        const answer = await es.get(query)
        if (answer.status === 200) return found(answer)
        assert.match(refused(answer, 503, 'index-incomplete'), /`gender` of `Patient` is being built/)
        assert.equal(answer.headers.get('retry-after'), '30')
      }
    }

    it('finds every record by a parameter that was added, and refuses to search by it before', async () => {
      const former = await start(withParameters(all, without('gender')))
      const women: string[] = []
      for (let number = 0; number < 130; number += 1) {
        const id = await make(former, person(number % 2 === 0 ? 'female' : 'male'))
        if (number % 2 === 0) women.push(id)
      }
      refused(await former.es.get('/Patient?gender=female'), 400, 'unknown-parameter')
      await stop(former)
      const next = await start(all)
      assert.deepEqual(await whenComplete(next, '/Patient?gender=female&_count=200'), women.sort())
      const statement = await next.es.get('/metadata')
      assert.match(statement.text, /"name":"gender"/)
      // It is made once: the next start finds nothing to do.
      await stop(next)
      const last = await opened.store.last()
      const again = await start(all)
      assert.equal(found(await again.es.get('/Patient?gender=female&_count=200')).length, women.length)
      const { jobs } = await opened.store.jobs.list({ kinds: ['reindex'], limit: 10 })
      assert.deepEqual(jobs, [])
      assert.ok((await opened.store.last()) - last < 5)
    })

    it('refuses filter, sort and conditional create by it while the index is built, and leaves it out of /metadata', async () => {
      const former = await start(withParameters(all, without('gender')))
      await make(former, person('female'))
      await stop(former)
      // The job is never given to a worker.
      const claim: Store['jobs']['claim'] = (query) =>
        opened.store.jobs.claim({ ...query, kinds: query.kinds.filter((one) => one !== 'reindex') })
      const next = await start(all, { jobs: { ...opened.store.jobs, claim } })
      for (const query of ['gender=female', 'gender:not=male', '_sort=-gender'])
        refused(await next.es.get(`/Patient?${query}`), 503, 'index-incomplete')
      const conditional = { headers: { 'If-None-Exist': 'gender=female' } }
      refused(await next.es.post('/Patient', person('female'), conditional), 503, 'index-incomplete')
      assert.equal(found(await next.es.get('/Patient?birthdate=gt1900')).length, 1)
      const { rest } = made(await next.es.get('/metadata'))
      const patient = rest[0].resource.find((one: { type: string }) => one.type === 'Patient')
      const codes = patient.searchParam.map((one: { name: string }) => one.name)
      assert.deepEqual([codes.includes('gender'), codes.includes('birthdate')], [false, true])
      // A new record is found by it as soon as it can be used; the job shows that it waits.
      const { parameter } = made(await next.board.get('/$jobs?kind=reindex'))
      assert.match(JSON.stringify(parameter), /"Patient"/)
    })

    it('finds by the new expression of a parameter that changed, and no longer by the old one', async () => {
      const former = await start(all)
      const id = await make(former, person('female'))
      await stop(former)
      const active = (those: readonly SearchParameter[]) =>
        those.map((one) => (one.code === 'gender' ? { ...one, expression: 'Patient.active' } : one))
      const next = await start(withParameters(all, active))
      assert.deepEqual(await whenComplete(next, '/Patient?gender=female'), [])
      const updated = await next.es.put(`/Patient/${id}`, { ...person('female', { active: true }), id }, 1)
      made(updated)
      assert.deepEqual(found(await next.es.get('/Patient?gender=true')), [id])
    })

    it('drops the entries of a parameter that was removed', async () => {
      const former = await start(all)
      const id = await make(former, person('female'))
      await stop(former)
      const key = { type: 'Patient', id }
      const params = async () => (await opened.store.indexed(key))?.entries.map(({ param }) => param) ?? []
      assert.ok((await params()).includes('gender'))
      await start(withParameters(all, without('gender')))
      while ((await params()).includes('gender')) await new Promise((resolve) => setImmediate(resolve))
      assert.ok((await params()).includes('birthdate'))
    })

    it('keeps what only the write knew: the hash of a social security number, and that a definition was posted', async () => {
      const former = await start(withParameters(all, without('gender')))
      const id = await make(former, person('female', { identifier: [{ system: 'http://hl7.org/fhir/sid/us-ssn', value: '219-09-9999' }] })) // prettier-ignore
      const internal = async () =>
        (await opened.store.indexed({ type: 'Patient', id }))?.entries.filter(({ param }) => param.startsWith('_'))
      const before = await internal()
      assert.ok(before?.some(({ param }) => param === '_ssn'))
      await stop(former)
      await whenComplete(await start(all), '/Patient?gender=female')
      assert.deepEqual(await internal(), before)
    })

    it('goes through deleted records and leaves those alone that are written meanwhile', async () => {
      const former = await start(withParameters(all, without('gender')))
      const ids: string[] = []
      for (let number = 0; number < 120; number += 1) ids.push(await make(former, person('male')))
      await former.board.delete(`/Patient/${ids[5]}`, 1)
      await stop(former)
      const next = await start(all)
      const writers = ids.slice(10, 40).map((id) => next.es.put(`/Patient/${id}`, { ...person('female'), id }, 1))
      for (const answer of await Promise.all(writers)) made(answer)
      assert.deepEqual(await whenComplete(next, '/Patient?gender=female&_count=200'), ids.slice(10, 40).sort())
      assert.equal(found(await next.es.get('/Patient?gender=male&_count=200')).length, 89)
      const deleted = await opened.store.indexed({ type: 'Patient', id: ids[5]! })
      assert.deepEqual(
        deleted?.entries.map(({ param }) => param).filter((one) => one === 'gender'),
        [],
      )
    })

    it('knows every parameter that the rules of the hub look for', () => {
      const named = sourceFiles('server', ['.ts'])
        .filter((file) => !file.startsWith('server/search/'))
        .flatMap((file) => [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\bparam: '([a-z][a-z-]*)'/g)])
        .map(([, code]) => code!)
      assert.deepEqual([...new Set(named)].sort(), USED_BY_RULES)
    })

    it('indexes what the rules of the hub look for before the hub listens', async () => {
      const former = await start(withParameters(all, without('identifier')))
      const system = 'https://no-wrong-door.example/fhir/NamingSystem/agency/es'
      const identifier = [{ system, value: 'A-1', assigner: { reference: 'Organization/es' } }]
      const id = await make(former, person('female', { identifier }))
      await stop(former)
      const next = await start(all)
      assert.deepEqual(found(await next.es.get(`/Patient?identifier=${system}|A-1`)), [id])
    })
  })
}
