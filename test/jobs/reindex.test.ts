/** Search parameters that the board posts: in use when their reindex job has verified that they find every record. */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import { createHub, type Hub } from '../../server/hub.ts'
import { createLog } from '../../server/log.ts'
import type { Store } from '../../server/store/store.ts'
import { participant, profileAt, subscription } from '../builders/index.ts'
import { searchParameter } from '../builders/definitions.ts'
import { clientAt, declaredFor, made, refused, type Answer, type Client } from '../given.ts'
import { STORES, type Opened } from '../store/stores.ts'

type Side = { readonly hub: Hub; readonly board: Client; readonly es: Client }

const MARITAL = 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus'
const married = (code: string, more: object = {}) => ({
  ...participant('es'),
  maritalStatus: { coding: [{ system: MARITAL, code }] },
  ...more,
})

for (const kind of STORES) {
  describe(`jobs / reindex by posted search parameters over ${kind.name}`, function () {
    this.timeout(60_000)
    let opened: Opened
    let sides: Side[]
    beforeEach(async () => {
      opened = await kind.open()
      sides = []
    })
    afterEach(async () => {
      await Promise.all(sides.map(({ hub }) => hub.stop()))
      await opened.close()
    })

    async function start(more: Partial<Store> = {}): Promise<Side> {
      const store: Store = { ...opened.store, ...more, close: async () => undefined }
      const config = loadConfig({ HUB_PORT: '0', HUB_STORE: 'memory:', HUB_SSN_KEY: 'x'.repeat(40), HUB_SSN_ATTEMPT_LIMIT: '1000', HUB_LOOPBACK_ENDPOINTS: 'true' }) // prettier-ignore
      const hub = await createHub(config, {
        ...(await declaredFor(config)),
        log: createLog('silent'),
        clock: createClock(),
        store,
      })
      const { url } = await hub.listen()
      const side = { hub, board: clientAt(url), es: clientAt(url, 'es') }
      sides.push(side)
      return side
    }
    const stop = async (side: Side): Promise<void> => {
      sides = sides.filter((one) => one !== side)
      await side.hub.stop()
    }
    const post = async ({ board }: Side, id: string, more: Readonly<Record<string, unknown>> = {}) =>
      made(await board.put(`/SearchParameter/${id}`, searchParameter(id, more)))
    const make = async ({ es }: Side, body: object): Promise<string> => made(await es.post('/Patient', body)).id
    const found = (answer: Answer): string[] =>
      (made(answer).entry ?? []).map((one: { resource: { id: string } }) => one.resource.id).sort()
    /** Searches until the index is complete; what is answered before must be the refusal. */
    async function whenComplete(client: Client, query: string): Promise<string[]> {
      for (;;) {
        const answer = await client.get(query)
        if (answer.status === 200) return found(answer)
        refused(answer, 503, 'index-incomplete')
      }
    }
    /** No worker of this process gets a reindex job. */
    const claim: Store['jobs']['claim'] = (query) =>
      opened.store.jobs.claim({ ...query, kinds: query.kinds.filter((one) => one !== 'reindex') })
    const idle = (): Partial<Store> => ({ jobs: { ...opened.store.jobs, claim } })
    /** What does not depend on the store. */
    const inMemory = kind.name === 'memory' ? it : () => undefined
    const MARITAL_STATUS = { expression: 'Patient.maritalStatus' }

    it('finds the records that were there, those of the meantime and those of later, and is declared', async () => {
      const side = await start()
      const people = Array.from({ length: 120 }, (_, number) => married(number % 2 === 0 ? 'M' : 'S'))
      const entry = people.map((resource) => ({ resource, request: { method: 'POST', url: 'Patient' } }))
      const { body } = await side.es.post('', { resourceType: 'Bundle', type: 'transaction', entry })
      const ids = body.entry.map((one: { response: { location: string } }) => one.response.location.split('/').at(-3))
      await post(side, 'marital', MARITAL_STATUS)
      const meantime = await make(side, married('M'))
      const expected = [...ids.filter((_: string, index: number) => index % 2 === 0), meantime]
      assert.deepEqual(await whenComplete(side.es, '/Patient?marital=M&_count=200'), expected.sort())
      const later = await make(side, married('M'))
      assert.ok(found(await side.es.get('/Patient?marital=M&_count=200')).includes(later))
      const patient = made(await side.es.get('/metadata')).rest[0].resource[0]
      assert.deepEqual(
        patient.searchParam
          .filter((one: { name: string }) => one.name === 'marital')
          .map((one: { type: string }) => one.type),
        ['token'],
      )
    })

    inMemory('is refused with its progress, and not declared, while no job has been through the records', async () => {
      const side = await start(idle())
      await make(side, married('M'))
      await post(side, 'marital', MARITAL_STATUS)
      for (const query of ['marital=M', 'marital:missing=true', '_sort=marital'])
        assert.match(refused(await side.es.get(`/Patient?${query}`), 503, 'index-incomplete'), /`marital` of `Patient`/)
      assert.doesNotMatch((await side.es.get('/metadata')).text, /"name":"marital"/)
    })

    it('goes on at the next start, in another process too', async () => {
      const former = await start(idle())
      const id = await make(former, married('M'))
      await post(former, 'marital', MARITAL_STATUS)
      await stop(former)
      const next = await start()
      assert.deepEqual(await whenComplete(next.es, '/Patient?marital=M'), [id])
    })

    inMemory('finds by its new expression after a change, and by none once it is retired or deleted', async () => {
      const side = await start()
      const id = await make(side, married('M', { active: true }))
      const posted = await post(side, 'marital', MARITAL_STATUS)
      assert.deepEqual(await whenComplete(side.es, '/Patient?marital=M'), [id])
      const changed = made(await side.board.change(posted, { expression: 'Patient.active' }))
      assert.deepEqual(await whenComplete(side.es, '/Patient?marital=M'), [])
      assert.deepEqual(found(await side.es.get('/Patient?marital=true')), [id])
      const params = async () =>
        (await opened.store.indexed({ type: 'Patient', id }))?.entries.map(({ param }) => param) ?? []
      assert.ok((await params()).includes('marital'))
      const retired = made(await side.board.change(changed, { status: 'retired' }))
      refused(await side.es.get('/Patient?marital=true'), 400, 'unknown-parameter')
      while ((await params()).includes('marital')) await new Promise((resolve) => setImmediate(resolve))
      made(await side.board.change(retired, { status: 'active' }))
      assert.deepEqual(await whenComplete(side.es, '/Patient?marital=true'), [id])
      assert.equal((await side.board.delete('/SearchParameter/marital')).status, 204)
      refused(await side.es.get('/Patient?marital=true'), 400, 'unknown-parameter')
    })

    inMemory('includes and finds what a posted reference points to', async () => {
      const side = await start()
      const id = await make(side, married('M'))
      await post(side, 'helper', {
        type: 'reference',
        target: ['Organization'],
        expression: 'Patient.managingOrganization',
      })
      assert.deepEqual(await whenComplete(side.es, '/Patient?helper=Organization/es'), [id])
      const included = found(await side.es.get('/Patient?helper=es&_include=Patient:helper'))
      assert.deepEqual(included, [id, 'es'].sort())
    })

    it('is in use at another hub, and what that one writes before it has read of it is found', async () => {
      const [a, b] = [await start(), await start()]
      await post(a, 'marital', MARITAL_STATUS)
      const ids = await Promise.all(Array.from({ length: 5 }, () => make(b, married('M'))))
      assert.deepEqual(await whenComplete(a.es, '/Patient?marital=M'), ids.sort())
      await b.hub.catchUp()
      assert.deepEqual(await whenComplete(b.es, '/Patient?marital=M'), ids)
    })

    inMemory('stays refused when the store does not find what was written: coverage is verified', async () => {
      // Completes a reindex and keeps none of its entries.
      const commit: Store['commit'] = (work) =>
        opened.store.commit({ ...work, writes: (work.writes ?? []).filter(({ kind: one }) => one !== 'entries') })
      const side = await start({ commit })
      await make(side, married('M'))
      await post(side, 'marital', MARITAL_STATUS)
      for (;;) {
        const { jobs } = await opened.store.jobs.list({ kinds: ['reindex'], limit: 1 })
        if ((jobs[0]?.attempts ?? 0) > 0 && jobs[0]?.error !== undefined) break
        await new Promise((resolve) => setImmediate(resolve))
      }
      refused(await side.es.get('/Patient?marital=M'), 503, 'index-incomplete')
    })

    inMemory(
      'opens nothing that is kept from some: contact details, digits of a number, secrets of a subscription',
      async () => {
        const side = await start()
        const confidential = { url: profileAt('ext-confidential'), valueReference: { reference: 'Organization/vr' } }
        const id = await make(side, {
          ...married('M'),
          identifier: [{ system: 'http://hl7.org/fhir/sid/us-ssn', value: '219-09-9999' }],
          telecom: [{ system: 'phone', value: '555-0123', extension: [confidential] }],
        })
        const secret = subscription('http://127.0.0.1:1/x', { headers: ['Authorization: Bearer sesame'] })
        made(await side.es.post('/Subscription', secret))
        const kept: Readonly<Record<string, readonly [type: string, expression: string, value: string]>> = {
          phones: ['Patient', 'Patient.telecom.value', '555-0123'],
          digits: ['Patient', 'Patient.extension.value', '9999'],
          headers: ['Subscription', 'Subscription.channel.header', 'Authorization'],
        }
        for (const [code, [type, expression, value]] of Object.entries(kept)) {
          await post(side, code, { base: [type], type: 'string', expression })
          const hits = await whenComplete(side.es, `/${type}?${code}:contains=${value}`)
          assert.deepEqual(code === 'headers' ? [] : hits, [], code)
        }
        assert.deepEqual(await whenComplete(side.es, '/Subscription?headers:contains=sesame'), [])
        assert.deepEqual(await whenComplete(side.es, '/Patient?phones:missing=true'), [id])
      },
    )
  })
}
