/** Requests that are answered in the background. https://hl7.org/fhir/R4/async.html */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import type { Store, Work } from '../../server/store/store.ts'
import { given, made, refused, type Answer, type Client, type Given } from '../given.ts'
import { participant } from '../builders/index.ts'
import { START, STORES, type Opened } from '../store/stores.ts'

const LATER = { headers: { Prefer: 'respond-async' } }
const HOUR = 3_600_000

const bundle = (type: 'batch' | 'transaction', ...entry: readonly object[]) => ({ resourceType: 'Bundle', type, entry })
const post = (resource: { resourceType: string }) => ({
  resource,
  request: { method: 'POST', url: resource.resourceType },
})
const get = (url: string) => ({ request: { method: 'GET', url } })

/** The path of the status address. */
function accepted(answer: Answer): string {
  assert.equal(answer.status, 202, answer.text)
  assert.equal(answer.headers.get('preference-applied'), 'respond-async')
  const path = /\/fhir(\/_async\/[0-9a-f]{32})$/.exec(answer.headers.get('content-location') ?? '')?.[1]
  assert.ok(path, String(answer.headers.get('content-location')))
  return path
}

const statuses = (body: { entry: readonly { response: { status: string } }[] }) =>
  body.entry.map(({ response }) => Number(response.status.slice(0, 3)))
const codeIn = (body: {
  entry: readonly { response: { outcome?: { issue: { details: { coding: { code: string }[] } }[] } } }[]
}) => body.entry[0]?.response.outcome?.issue[0]?.details.coding[0]?.code

/** The store of a process that dies at a commit: nothing of it reaches the store from then on. */
function mortal(store: Store) {
  let dies: ((work: Work) => 'before' | 'after' | undefined) | undefined
  let dead = false
  const alive =
    <A extends unknown[], T>(call: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      if (dead) throw new Error('dead')
      return call(...args)
    }
  const { jobs } = store
  const wrapped: Store = {
    ...store,
    jobs: {
      ...jobs,
      claim: alive(jobs.claim),
      renew: alive(jobs.renew),
      settle: async (...of) => (dead ? false : jobs.settle(...of)),
    },
    commit: alive(async (work) => {
      const when = dies?.(work)
      if (when === 'before') dead = true
      if (dead) throw new Error('dead')
      const committed = await store.commit(work)
      if (when === 'after') dead = true
      if (dead) throw new Error('dead')
      return committed
    }),
    close: async () => undefined,
  }
  return { store: wrapped, dieAt: (when: typeof dies) => void (dies = when) }
}

/** Does it write the list of requests, with one in this state? */
const writes = (work: Work, state: string): boolean =>
  (work.writes ?? []).some(
    (one) =>
      one.kind === 'put' &&
      one.resource.resourceType === 'AsyncRequests' &&
      JSON.stringify(one.resource).includes(`"${state}"`),
  )

const keepsResult = ({ jobs = [] }: Work): boolean =>
  jobs.some(({ payload }) => JSON.stringify(payload ?? {}).includes('"result"'))

for (const kind of STORES) {
  describe(`interactions / async-accept, ${kind.name}`, () => {
    let opened: Opened
    let hub: Given
    let es: Client
    let now = START
    before(async () => {
      opened = await kind.open()
      hub = await hubOver({})
      es = hub.as('es')
    })
    after(async () => {
      await hub.stop()
      await opened.close()
    })

    const hubOver = (settings: Record<string, string>, store: Store = opened.store): Promise<Given> =>
      given(
        settings,
        createClock(() => now),
        { store: { ...store, close: async () => undefined } },
      )
    const count = async (): Promise<number> => made(await es.get('/Patient?_total=accurate&_count=0')).total
    const done = async (client: Client, path: string, by = hub) => {
      await by.hub.runDue()
      return made(await client.get(path))
    }

    it('carries out a batch, whose result is its batch-response', async () => {
      const before = await count()
      const path = accepted(await es.post('/', bundle('batch', post(participant('es')), get('Patient/nobody')), LATER))
      const result = await done(es, path)
      assert.deepEqual([result.type, statuses(result)], ['batch-response', [201, 404]])
      assert.equal(await count(), before + 1)
      assert.ok(Date.parse((await es.get(path)).headers.get('expires') ?? '') > now)
    })

    it('carries out a transaction, a search and an operation, each the entry of a batch-response', async () => {
      const before = await count()
      const whole = await done(es, accepted(await es.post('/', bundle('transaction', post(participant('es'))), LATER)))
      assert.deepEqual([whole.type, statuses(whole)], ['batch-response', [200]])
      assert.equal(whole.entry[0].resource.type, 'transaction-response')
      assert.equal(await count(), before + 1)
      const { id } = whole.entry[0].resource.entry[0].resource
      for (const [path, type] of [
        [`/Patient?_id=${id}`, 'searchset'],
        [`/Patient/${id}/$everything`, 'searchset'],
        ['/Patient/_history?_count=2', 'history'],
      ] as const) {
        const found = await done(es, accepted(await es.get(path, LATER)))
        assert.deepEqual([path, statuses(found), found.entry[0].resource.type], [path, [200], type])
      }
      const form = { headers: { ...LATER.headers, 'Content-Type': 'application/x-www-form-urlencoded' } }
      const found = await done(es, accepted(await es.send('POST', '/Patient/_search', `_id=${id}`, form)))
      assert.equal(found.entry[0].resource.entry.length, 1)
    })

    it('has what is refused as the result, and refuses at once what is no Bundle', async () => {
      const before = await count()
      const wrong = { ...participant('es'), birthDate: '1985-02-30' }
      const path = accepted(await es.post('/', bundle('transaction', post(participant('es')), post(wrong)), LATER))
      const result = await done(es, path)
      assert.deepEqual([statuses(result), codeIn(result)], [[422], 'value-format'])
      assert.equal(await count(), before)
      const search = await done(es, accepted(await es.get('/Patient?nonsense=1', LATER)))
      assert.deepEqual([statuses(search), codeIn(search)], [[400], 'unknown-parameter'])
      refused(await es.post('/', participant('es'), LATER), 400, 'type-mismatch')
    })

    it('answers at once what takes no time', async () => {
      const person = await es.post('/Patient', participant('es'), LATER)
      assert.equal(person.status, 201)
      const read = await es.get(`/Patient/${person.body.id}`, LATER)
      assert.deepEqual([read.status, read.headers.get('preference-applied')], [200, null])
      assert.equal((await es.get('/metadata', LATER)).status, 200)
    })

    it('is found by the agency that sent it and by nobody else, the board included', async () => {
      const path = accepted(await es.get('/Patient', LATER))
      await hub.hub.runDue()
      for (const other of [hub.as('abe'), hub.as(undefined)])
        for (const method of ['GET', 'DELETE']) {
          const [here, none] = [await other.send(method, path), await other.send(method, `/_async/${'0'.repeat(32)}`)]
          refused(here, 404, 'not-found')
          assert.equal(here.text, none.text)
        }
      assert.equal((await es.get(path)).status, 200)
      refused(await es.get(`${path}?a=b`), 400, 'unknown-parameter')
    })

    it('is judged by the rights of the moment at which it runs', async () => {
      const idle = await hubOver({}, { ...opened.store, jobs: { ...opened.store.jobs, claim: async () => [] } })
      const board = idle.as(undefined)
      const path = accepted(await idle.as('vr').get('/Patient', LATER))
      made(await board.change(made(await board.get('/Organization/vr')), { active: false }))
      await idle.stop()
      await hub.hub.catchUp()
      await hub.hub.runDue()
      const active = made(await hub.as(undefined).get('/Organization/vr'))
      made(await hub.as(undefined).change(active, { active: true }))
      const result = made(await hub.as('vr').get(path))
      assert.deepEqual([statuses(result), codeIn(result)], [[401], 'unknown-agency'])
    })

    it('is cancelled by DELETE, before it runs and afterwards', async () => {
      const idle = await hubOver({}, { ...opened.store, jobs: { ...opened.store.jobs, claim: async () => [] } })
      const client = idle.as('es')
      const before = await count()
      const path = accepted(await client.post('/', bundle('transaction', post(participant('es'))), LATER))
      const waiting = await client.get(path)
      assert.deepEqual(
        [waiting.status, waiting.headers.get('x-progress'), waiting.headers.get('retry-after')],
        [202, 'waiting', '1'],
      )
      assert.equal((await client.delete(path)).status, 202)
      refused(await client.get(path), 404, 'not-found')
      refused(await client.delete(path), 404, 'not-found')
      await idle.stop()
      await hub.hub.runDue()
      assert.equal(await count(), before)
      const read = accepted(await es.get('/Patient', LATER))
      await done(es, read)
      assert.equal((await es.delete(read)).status, 202)
      refused(await es.get(read), 404, 'not-found')
      await hub.hub.runDue()
      const { jobs } = await opened.store.jobs.list({
        states: ['done'],
        kinds: ['async-request'],
        key: read.slice(8),
        limit: 1,
      })
      assert.deepEqual(
        jobs.map(({ payload }) => payload),
        [undefined],
      )
    })

    it('keeps at most so many requests of an agency, also of two that come at once', async () => {
      const small = await hubOver({ HUB_ASYNC_LIMIT: '2' })
      const client = small.as('ui')
      const answers = await Promise.all([1, 2, 3, 4].map(() => client.get('/Patient', LATER)))
      assert.deepEqual(answers.map(({ status }) => status).sort(), [202, 202, 429, 429])
      refused(
        answers.find(({ status }) => status === 429)!,
        429,
        'async-limit',
      )
      const [first] = answers.filter(({ status }) => status === 202).map(accepted)
      assert.equal((await client.delete(first!)).status, 202)
      accepted(await client.get('/Patient', LATER))
      await small.hub.runDue()
      await small.stop()
    })

    it('keeps nothing in clear, and removes the result when its time is over', async () => {
      const path = accepted(
        await es.post('/', bundle('transaction', post({ ...participant('es'), id: undefined } as never)), LATER),
      )
      const job = async () =>
        (await opened.store.jobs.list({ kinds: ['async-request'], key: path.slice(8), limit: 1 })).jobs[0]
      const family = (participant('es').name as { family: string }[])[0]!.family
      assert.ok(!JSON.stringify(await job()).includes(family))
      await done(es, path)
      assert.ok(!JSON.stringify(await job()).includes(family))
      now += 24 * HOUR + 1
      refused(await es.get(path), 404, 'not-found')
      await hub.hub.runDue()
      assert.equal(await job(), undefined)
    })

    it('says when an answer is too large to be kept', async () => {
      const small = await hubOver({ HUB_ASYNC_RESULT_LIMIT: '1024' })
      const path = accepted(await small.as('es').get('/Patient', LATER))
      const result = await done(small.as('es'), path, small)
      assert.deepEqual([statuses(result), codeIn(result)], [[422], 'async-result-too-large'])
      await small.stop()
    })
  })
}

const DEATHS: readonly [
  what: string,
  type: 'batch' | 'transaction',
  dies: (work: Work) => 'before' | 'after' | undefined,
  people: number,
  code: string | undefined,
][] = [
  [
    'a transaction that was begun is carried out once',
    'transaction',
    (work) => (writes(work, 'running') ? 'after' : undefined),
    1,
    undefined,
  ],
  [
    'a transaction that was not committed is carried out once',
    'transaction',
    (work) => (writes(work, 'committed') ? 'before' : undefined),
    1,
    undefined,
  ],
  [
    'a transaction that was committed is not repeated',
    'transaction',
    (work) => (writes(work, 'committed') ? 'after' : undefined),
    1,
    'async-answer-lost',
  ],
  [
    'a transaction that was carried out is not repeated',
    'transaction',
    (work) => (keepsResult(work) ? 'before' : undefined),
    1,
    'async-answer-lost',
  ],
  [
    'a batch that was begun is not repeated',
    'batch',
    (work) => (writes(work, 'running') ? 'after' : undefined),
    0,
    'async-outcome-unknown',
  ],
  [
    'a batch that was carried out is not repeated',
    'batch',
    (work) => (keepsResult(work) ? 'before' : undefined),
    1,
    'async-outcome-unknown',
  ],
  [
    'a batch whose result was kept is not repeated',
    'batch',
    (work) => (keepsResult(work) ? 'after' : undefined),
    1,
    undefined,
  ],
]

for (const kind of STORES)
  for (const [rules, agency] of [
    ['hub', 'es'],
    ['open', undefined],
  ] as const)
    describe(`interactions / async-accept, when the process dies, ${kind.name}, HUB_RULES=${rules}`, () => {
      let opened: Opened
      let hub: Given
      let now = START
      before(async () => {
        opened = await kind.open()
        hub = await hubOver(opened.store)
      })
      after(async () => {
        await hub.stop()
        await opened.close()
      })
      const hubOver = (store: Store): Promise<Given> =>
        given(
          { HUB_RULES: rules, HUB_SEED: rules === 'hub' ? 'sample' : 'none' },
          createClock(() => now),
          {
            store: { ...store, close: async () => undefined },
          },
        )
      const count = async (): Promise<number> =>
        made(await hub.as(agency).get('/Patient?_total=accurate&_count=0')).total

      for (const [what, type, dies, people, code] of DEATHS)
        it(what, async () => {
          const { store, dieAt } = mortal(opened.store)
          const before = await count()
          const dying = await hubOver(store)
          dieAt(dies)
          const path = accepted(await dying.as(agency).post('/', bundle(type, post(participant('es'))), LATER))
          await dying.hub.runDue().catch(() => undefined)
          await dying.stop()
          now += 60_000
          await hub.hub.runDue()
          const result = made(await hub.as(agency).get(path))
          assert.equal(codeIn(result), code)
          assert.equal(await count(), before + people)
        })
    })
