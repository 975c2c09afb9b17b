/** Requests in the background by the rules of both modes, over both stores: progress, results, and what they are for open rules. */
import assert from 'node:assert/strict'
import { given, made, refused, type Answer, type Client, type Given } from '../given.ts'
import { participant } from '../builders/index.ts'
import { STORES, type Opened } from '../store/stores.ts'

const LATER = { headers: { Prefer: 'respond-async' } }

const bundle = (type: 'batch' | 'transaction', ...entry: readonly object[]) => ({ resourceType: 'Bundle', type, entry })
const get = (url: string) => ({ request: { method: 'GET', url } })
const post = (resource: { resourceType: string }) => ({
  resource,
  request: { method: 'POST', url: resource.resourceType },
})

function accepted(answer: Answer): string {
  assert.equal(answer.status, 202, answer.text)
  assert.equal(answer.headers.get('preference-applied'), 'respond-async')
  return `/_async/${answer.headers.get('content-location')!.split('/').at(-1)}`
}

const statuses = (body: { entry: readonly { response: { status: string } }[] }) =>
  body.entry.map(({ response }) => Number(response.status.slice(0, 3)))

const MODES = [
  ['hub', 'es'],
  ['open', undefined],
] as const

for (const kind of STORES)
  for (const [rules, agency] of MODES)
    describe(`interactions / async-answer, ${kind.name}, HUB_RULES=${rules}`, () => {
      let opened: Opened
      let hub: Given
      let client: Client
      /** Called before each search for participants that a caller makes. */
      let beforeFind: () => Promise<void> = async () => undefined
      before(async () => {
        opened = await kind.open()
        const { store } = opened
        hub = await given({ HUB_RULES: rules, HUB_SEED: rules === 'hub' ? 'sample' : 'none' }, undefined, {
          store: {
            ...store,
            close: async () => undefined,
            async find(query, signal) {
              if (query.type === 'Patient' && query.viewer !== 'unrestricted') await beforeFind()
              return store.find(query, signal)
            },
          },
        })
        client = hub.as(agency)
      })
      after(async () => {
        await hub.stop()
        await opened.close()
      })

      const done = async (path: string) => {
        await hub.hub.runDue()
        return made(await client.get(path))
      }
      const count = async (): Promise<number> => made(await client.get('/Patient?_total=accurate&_count=0')).total

      it('answers a create at once, and a batch, a transaction, a search and an export later', async () => {
        const person = await client.post('/Patient', participant('es'), LATER)
        assert.deepEqual([person.status, person.headers.get('preference-applied')], [201, null])
        const before = await count()
        const batch = await done(
          accepted(await client.post('/', bundle('batch', post(participant('es')), get('Patient/no')), LATER)),
        )
        assert.deepEqual([batch.type, statuses(batch)], ['batch-response', [201, 404]])
        const whole = await done(
          accepted(await client.post('/', bundle('transaction', post(participant('es'))), LATER)),
        )
        assert.deepEqual([statuses(whole), whole.entry[0].resource.type], [[200], 'transaction-response'])
        assert.equal(await count(), before + 2)
        for (const [path, type] of [
          [`/Patient?_id=${person.body.id}`, 'searchset'],
          [`/?_type=Patient&_id=${person.body.id}`, 'searchset'],
          [`/Patient/${person.body.id}/$everything`, 'searchset'],
          ['/Patient/_history?_count=2', 'history'],
          ['/_history?_count=2', 'history'],
        ] as const) {
          const found = await done(accepted(await client.get(path, LATER)))
          assert.deepEqual([path, statuses(found), found.entry[0].resource.type], [path, [200], type])
        }
      })

      it('says how far a batch is, and then that its result expires', async () => {
        let held: () => void
        let release: () => void
        const isHeld = new Promise<void>((resolve) => (held = resolve))
        const isReleased = new Promise<void>((resolve) => (release = resolve))
        let finds = 0
        beforeFind = async () => {
          finds += 1
          if (finds !== 2) return
          held()
          await isReleased
        }
        const path = accepted(
          await client.post('/', bundle('batch', get('Patient'), get('Patient'), get('Patient')), LATER),
        )
        await isHeld
        const status = await client.get(path)
        assert.deepEqual([status.status, status.headers.get('x-progress')], [202, '1 of 3 entries'])
        release!()
        assert.deepEqual(statuses(await done(path)), [200, 200, 200])
        assert.ok(Date.parse((await client.get(path)).headers.get('expires') ?? '') > 0)
        assert.equal((await client.delete(path)).status, 202)
        refused(await client.get(path), 404, 'not-found')
      })

      it('has what is refused as the result', async () => {
        const search = await done(accepted(await client.get('/Patient?nonsense=1', LATER)))
        assert.deepEqual(statuses(search), [400])
        const before = await count()
        const wrong = { ...participant('es'), birthDate: '1985-02-30' }
        const whole = await done(
          accepted(await client.post('/', bundle('transaction', post(participant('es')), post(wrong)), LATER)),
        )
        assert.deepEqual(statuses(whole), [422])
        assert.equal(await count(), before)
      })
    })
