/** X-Request-Id, kept with what a request writes and shown in the history. https://hl7.org/fhir/R4/http.html#custom */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import { consent, goal, participant, type Body } from '../builders/index.ts'
import { givenOver, made, OVER_STORES, type Client, type Given } from '../given.ts'
import { START } from '../store/stores.ts'

const REQUEST_ID = 'https://no-wrong-door.example/fhir/StructureDefinition/ext-request-id'

type Entry = {
  readonly response: { readonly extension?: readonly { readonly url: string; readonly valueString: string }[] }
}

const as = (id: string, more: Record<string, string> = {}) => ({ headers: { 'X-Request-Id': id, ...more } })
const posted = (resource: Body) => ({ resource, request: { method: 'POST', url: resource.resourceType } })

/** The ids in a history, `-` for a version that has none. */
const idsIn = async (client: Client, path: string): Promise<string> =>
  ((made(await client.get(path)).entry ?? []) as readonly Entry[])
    .map(({ response }) => {
      const [only, ...more] = response.extension ?? []
      assert.deepEqual(more, [])
      assert.equal(only?.url ?? REQUEST_ID, REQUEST_ID)
      return only?.valueString ?? '-'
    })
    .join(' ')

for (const store of OVER_STORES)
  for (const rules of ['hub', 'open'])
    describe(`interactions / history, the ids of requests / ${store}, HUB_RULES=${rules}`, () => {
      let hub: Given
      let es: Client, abe: Client, board: Client
      before(async () => {
        hub = await givenOver(
          store,
          { HUB_RULES: rules },
          createClock(() => START),
        )
        es = hub.as('es')
        abe = hub.as('abe')
        board = hub.as(undefined)
        if (rules === 'open')
          for (const id of ['es', 'abe'])
            made(await board.put(`/Organization/${id}`, { resourceType: 'Organization', id, name: id }))
      })
      after(() => hub.stop())

      it('has the id of the request of each version, for who sent the request and for the board', async () => {
        const patient = made(await es.post('/Patient', participant('es'), as('create-1')))
        const path = `/Patient/${patient.id}`
        made(await es.post('/Consent', consent(path.slice(1), 'es', 'abe')))
        made(await es.send('PUT', path, { ...patient, language: 'es' }, as('update-2', { 'If-Match': 'W/"1"' })))
        assert.equal(await idsIn(es, `${path}/_history`), 'update-2 create-1')
        assert.equal(await idsIn(board, `${path}/_history`), 'update-2 create-1')
        assert.equal(await idsIn(abe, `${path}/_history?_count=1`), '-')
        assert.equal(await idsIn(es, '/Patient/_history?_count=2'), 'update-2 create-1')
        assert.equal(await idsIn(es, `${path}/_history?_elements=gender`), 'update-2 create-1')
      })

      it('has the id that the hub made and answered, where the client sends none that can be kept', async () => {
        for (const sent of [{}, as('219-09-9999')]) {
          const answer = await es.post('/Patient', participant('es'), sent)
          const made = answer.headers.get('x-request-id')
          assert.match(String(made), /^[0-9a-f-]{36}$/)
          assert.equal(await idsIn(es, `/Patient/${answer.body.id}/_history`), made)
        }
      })

      it('has the id of a transaction, a batch, an operation and a request in the background with all that they write', async () => {
        const { id } = made(await es.post('/Patient', participant('es')))
        const subject = `Patient/${id}`
        for (const type of ['transaction', 'batch']) {
          const entry = [posted(goal(subject)), posted(goal(subject))]
          const { entry: replies } = made(await es.post('/', { resourceType: 'Bundle', type, entry }, as(`${type}-1`)))
          for (const { response } of replies)
            assert.equal(await idsIn(es, `/${response.location.replace(/\/_history.*/, '/_history')}`), `${type}-1`)
        }
        const tagged = {
          resourceType: 'Parameters',
          parameter: [{ name: 'meta', valueMeta: { tag: [{ code: 'x' }] } }],
        }
        made(await es.post(`/${subject}/$meta-add`, tagged, as('meta-add-1')))
        assert.match(await idsIn(es, `/${subject}/_history`), /^meta-add-1 /)
        const entry = [posted(goal(subject))]
        const later = as('later-1', { Prefer: 'respond-async' })
        const { headers } = await es.post('/', { resourceType: 'Bundle', type: 'batch', entry }, later)
        await hub.hub.runDue()
        const result = made(await es.get(new URL(headers.get('content-location')!).pathname.slice('/fhir'.length)))
        const goalPath = `/${result.entry[0].response.location.replace(/\/_history.*/, '/_history')}`
        assert.equal(await idsIn(es, goalPath), 'later-1')
        made(
          await es
            .send('DELETE', goalPath.replace('/_history', ''), undefined, as('delete-1'))
            .then((one) => ({ ...one, status: 200 })),
        )
        assert.equal(await idsIn(es, goalPath), 'delete-1 later-1')
      })
    })

for (const store of OVER_STORES)
  describe(`interactions / history, the ids of requests of others / ${store}`, () => {
    it('keeps the id of a merge from the agency whose records it moves, which stays their author', async () => {
      const hub = await givenOver(
        store,
        {},
        createClock(() => START),
      )
      const [es, board] = [hub.as('es'), hub.as(undefined)]
      try {
        const [source, target] = await Promise.all(
          ['M-1', 'M-2'].map(async (number) => made(await es.post('/Patient', participant('es', { number })))),
        )
        const { id } = made(await es.post('/Goal', goal(`Patient/${source.id}`), as('goal-1')))
        const parameter = [
          { name: 'source-patient', valueReference: { reference: `Patient/${source.id}` } },
          { name: 'target-patient', valueReference: { reference: `Patient/${target.id}` } },
        ]
        made(await board.post('/Patient/$merge', { resourceType: 'Parameters', parameter }, as('merge-1')))
        assert.equal(await idsIn(board, `/Goal/${id}/_history`), 'merge-1 goal-1')
        assert.equal(await idsIn(es, `/Goal/${id}/_history`), '- goal-1')
      } finally {
        await hub.stop()
      }
    })
  })
