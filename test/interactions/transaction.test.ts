/** Batch and transaction Bundles: https://hl7.org/fhir/R4/http.html#transaction */
import assert from 'node:assert/strict'
import { given, made, refused, type Client, type Given } from '../given.ts'
import { goal, participant } from '../builders/index.ts'

const bundle = (type: 'batch' | 'transaction', ...entry: readonly object[]) => ({ resourceType: 'Bundle', type, entry })
const post = (resource: { resourceType: string }, more: object = {}, fullUrl?: string) => ({
  ...(fullUrl ? { fullUrl } : {}),
  resource,
  request: { method: 'POST', url: resource.resourceType, ...more },
})
const statuses = (answer: { entry: readonly { response: { status: string } }[] }) =>
  answer.entry.map((entry) => Number(entry.response.status.slice(0, 3)))

const PERSON = 'urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a'

describe('interactions / transaction', () => {
  let hub: Given
  let es: Client
  before(async () => {
    hub = await given()
    es = hub.as('es')
  })
  after(() => hub.stop())

  const count = async (): Promise<number> => made(await es.get('/Patient?_total=accurate&_count=0')).total

  it('resolves urn:uuid references, whatever the order of the entries', async () => {
    const answer = made(
      await es.post('/', bundle('transaction', post(goal(PERSON)), post(participant('es'), {}, PERSON))),
    )
    assert.equal(answer.type, 'transaction-response')
    assert.deepEqual(statuses(answer), [201, 201])
    const [made1, patient] = answer.entry.map((entry: { resource: object }) => entry.resource)
    assert.equal(made1.subject.reference, `Patient/${patient.id}`)
    assert.match(answer.entry[1].response.location, /^Patient\/.+\/_history\/1$/)
  })

  it('does all or nothing, and says which entry is at fault', async () => {
    const before = await count()
    const answer = await es.post(
      '/',
      bundle('transaction', post(participant('es')), post({ ...participant('es'), birthDate: '1985-02-30' } as never)),
    )
    refused(answer, 422, 'value-format')
    assert.deepEqual(answer.body.issue[0].expression, ['Bundle.entry[1].resource.birthDate'])
    assert.equal(await count(), before)
  })

  it('does each entry of a batch by itself', async () => {
    const answer = made(
      await es.post(
        '/',
        bundle('batch', post(participant('es')), post(goal('Patient/nobody')), {
          request: { method: 'GET', url: 'Patient?_count=1' },
        }),
      ),
    )
    assert.deepEqual(statuses(answer), [201, 422, 200])
    assert.equal(answer.entry[1].response.outcome.issue[0].details.coding[0].code, 'reference-not-found')
    assert.equal(answer.entry[2].resource.type, 'searchset')
  })

  it('does the entries of a batch in turn: each finds what those before it left', async () => {
    const subject = `Patient/${made(await es.post('/Patient', participant('es'))).id}`
    const [url, resource] = ['Goal/es.in-turn', { ...goal(subject), id: 'es.in-turn' }]
    const put = (text: string, more: object) => ({
      resource: { ...resource, description: { text } },
      request: { method: 'PUT', url, ...more },
    })
    const read = { request: { method: 'GET', url } }
    const found = { request: { method: 'GET', url: `Goal?patient=${subject}&_summary=count` } }
    const remove = (ifMatch: string) => ({ request: { method: 'DELETE', url, ifMatch } })
    const entries = [
      ...[read, put('1', { ifNoneMatch: '*' }), read, found, put('1', { ifNoneMatch: '*' })],
      ...Array.from({ length: 10 }, (_, index) => put(String(index + 2), { ifMatch: `W/"${index + 1}"` })),
      ...[read, remove('W/"11"'), read, found, put('13', {})],
    ]
    const answer = made(await es.post('/', bundle('batch', ...entries)))
    const updates = Array.from({ length: 10 }, () => 200)
    assert.deepEqual(statuses(answer), [404, 201, 200, 200, 412, ...updates, 200, 204, 410, 200, 201])
    assert.deepEqual([answer.entry[3].resource.total, answer.entry.at(-2).resource.total], [1, 0])
    assert.equal(answer.entry[15].resource.description.text, '11')
  })

  it('holds If-Match of an entry: a stale one undoes the others', async () => {
    const one = made(await es.post('/Patient', participant('es')))
    made(await es.put(`/Patient/${one.id}`, { ...one, gender: 'other' }, 1))
    const before = await count()
    const put = {
      resource: { ...one, gender: 'male' },
      request: { method: 'PUT', url: `Patient/${one.id}`, ifMatch: 'W/"1"' },
    }
    refused(await es.post('/', bundle('transaction', post(participant('es')), put)), 412, 'version-conflict')
    assert.equal(await count(), before)
    const current = { ...put, request: { ...put.request, ifMatch: 'W/"2"' } }
    assert.deepEqual(statuses(made(await es.post('/', bundle('transaction', current)))), [200])
  })

  it('holds If-None-Exist of an entry, and lets others refer to the one that exists', async () => {
    const number = 'ES-501'
    const ifNoneExist = `identifier=https://no-wrong-door.example/fhir/NamingSystem/agency/es|${number}`
    const send = () =>
      es.post(
        '/',
        bundle('transaction', post(participant('es', { number }), { ifNoneExist }, PERSON), post(goal(PERSON))),
      )
    const [first, second] = [made(await send()), made(await send())]
    assert.deepEqual(
      [statuses(first), statuses(second)],
      [
        [201, 201],
        [200, 201],
      ],
    )
    assert.equal(second.entry[1].resource.subject.reference, `Patient/${first.entry[0].resource.id}`)
  })

  it('resolves conditional references', async () => {
    const one = made(await es.post('/Patient', participant('es', { number: 'ES-502' })))
    const answer = made(
      await es.post(
        '/',
        bundle(
          'transaction',
          post(goal('Patient?identifier=https://no-wrong-door.example/fhir/NamingSystem/agency/es|ES-502')),
        ),
      ),
    )
    assert.equal(answer.entry[0].resource.subject.reference, `Patient/${one.id}`)
    refused(
      await es.post('/', bundle('transaction', post(goal('Patient?identifier=nobody')))),
      422,
      'reference-not-found',
    )
  })

  it('deletes before it creates, and reads after it wrote', async () => {
    const person = made(await es.post('/Patient', participant('es')))
    const old = made(await es.post('/Goal', goal(`Patient/${person.id}`)))
    const search = { request: { method: 'GET', url: `Goal?patient=Patient/${person.id}&_total=accurate` } }
    const remove = { request: { method: 'DELETE', url: `Goal/${old.id}` } }
    const answer = made(await es.post('/', bundle('transaction', search, post(goal(`Patient/${person.id}`)), remove)))
    assert.deepEqual(statuses(answer), [200, 201, 204])
    assert.equal(answer.entry[0].resource.total, 1)
    assert.notEqual(answer.entry[0].resource.entry[0].resource.id, old.id)
  })

  it('is refused whole where a read fails, whatever the read', async () => {
    const one = made(await es.post('/Patient', participant('es')))
    const old = made(await es.post('/Goal', goal(`Patient/${one.id}`)))
    await es.delete(`/Goal/${old.id}`, 1)
    const doomed = made(await es.post('/Goal', goal(`Patient/${one.id}`)))
    const goals = async () => made(await es.get(`/Goal?patient=Patient/${one.id}&_total=accurate`)).total
    const entry = (method: string, url: string) => ({ request: { method, url } })
    const cases = [
      [entry('GET', 'Goal/nothing'), 404, 'not-found'],
      [entry('HEAD', 'Goal/nothing'), 404, 'not-found'],
      [entry('GET', `Goal/${old.id}`), 410, 'deleted'],
      [entry('GET', `Goal/${doomed.id}`), 410, 'deleted'],
      [entry('GET', `Goal/${doomed.id}/_history/7`), 404, 'not-found'],
      [entry('GET', 'Goal/nothing/_history'), 404, 'not-found'],
      [entry('GET', 'Goal?no-such=parameter'), 400, 'unknown-parameter'],
      [entry('GET', 'Patient/nobody/Goal'), 404, 'not-found'],
    ] as const
    for (const [read, status, code] of cases) {
      const writes = [post(goal(`Patient/${one.id}`)), entry('DELETE', `Goal/${doomed.id}`)]
      const answer = await es.post('/', bundle('transaction', ...writes, read))
      refused(answer, status, code)
      assert.deepEqual(answer.body.issue[0].expression, ['Bundle.entry[2].request.url'], read.request.url)
      const alone = await es.post('/', bundle('transaction', read))
      if (read.request.url !== `Goal/${doomed.id}`) refused(alone, status, code)
      else assert.deepEqual(statuses(made(alone)), [200])
      assert.equal(await goals(), 1)
    }
  })

  it('reads what it makes, and reads alone', async () => {
    const one = made(await es.post('/Patient', participant('es')))
    const id = `es.read-${Date.now()}`
    const put = { resource: { ...goal(`Patient/${one.id}`), id }, request: { method: 'PUT', url: `Goal/${id}` } }
    const read = { request: { method: 'GET', url: `Goal/${id}` } }
    const history = { request: { method: 'GET', url: `Goal/${id}/_history/1` } }
    const answer = made(await es.post('/', bundle('transaction', read, history, put)))
    assert.deepEqual(statuses(answer), [200, 200, 201])
    assert.equal(answer.entry[0].resource.id, id)
    const again = made(
      await es.post('/', bundle('transaction', read, { request: { method: 'GET', url: 'Goal?_count=1' } })),
    )
    assert.deepEqual([statuses(again), again.entry[0].resource.id], [[200, 200], id])
  })

  it('refuses what it cannot do: another type of Bundle, doubles, too many entries, unknown methods', async () => {
    refused(await es.post('/', { resourceType: 'Bundle', type: 'document' }), 400, 'bundle-invalid')
    const one = made(await es.post('/Patient', participant('es')))
    const put = { resource: one, request: { method: 'PUT', url: `Patient/${one.id}`, ifMatch: 'W/"1"' } }
    refused(await es.post('/', bundle('transaction', put, put)), 400, 'bundle-invalid')
    refused(
      await es.post('/', bundle('transaction', { request: { method: 'FETCH', url: 'Patient/x' } })),
      400,
      'bundle-invalid',
    )
    const many = Array.from({ length: 501 }, () => ({ request: { method: 'GET', url: 'Patient?_count=1' } }))
    refused(await es.post('/', bundle('batch', ...many)), 413, 'too-many-entries')
  })

  it('is empty when there is nothing to do', async () => {
    assert.deepEqual(made(await es.post('/', { resourceType: 'Bundle', type: 'transaction' })), {
      resourceType: 'Bundle',
      type: 'transaction-response',
    })
  })
})

for (const rules of ['hub', 'open'])
  describe(`interactions / operations by GET in a transaction, HUB_RULES=${rules}`, () => {
    let hub: Given
    let writer: Client
    let subject: string
    before(async () => {
      hub = await given({ HUB_RULES: rules })
      writer = rules === 'hub' ? hub.as('es') : hub.as(undefined)
      subject = `Patient/${made(await writer.post('/Patient', participant('es'))).id}`
    })
    after(() => hub.stop())

    const get = (url: string) => ({ request: { method: 'GET', url } })
    const goals = async () => made(await writer.get(`/Goal?patient=${subject}&_total=accurate`)).total

    it('refuse it whole where one fails, before anything is written', async () => {
      const doomed = made(await writer.post('/Goal', goal(subject)))
      const remove = { request: { method: 'DELETE', url: `Goal/${doomed.id}` } }
      const before = await goals()
      for (const [url, status, code] of [
        ['Patient/nobody/$everything', 404, 'not-found'],
        [`${subject}/$everything?_count=0`, 400, 'invalid-parameter'],
        [`${subject}/$meta?no-such=parameter`, 400, 'unknown-parameter'],
        [`Goal/${doomed.id}/$meta`, 410, 'deleted'],
        ['ValueSet/$expand?url=http://nothing.example', 404, 'not-found'],
      ] as const) {
        const answer = await writer.post('/', bundle('transaction', post(goal(subject)), remove, get(url)))
        refused(answer, status, code)
        assert.deepEqual(answer.body.issue[0].expression, ['Bundle.entry[2].request.url'], url)
        assert.equal(await goals(), before)
      }
    })

    it('see what it wrote, and are answered where nothing is written', async () => {
      const id = `es.op-${rules}`
      const put = { resource: { ...goal(subject), id }, request: { method: 'PUT', url: `Goal/${id}` } }
      const meta = made(await writer.post('/', bundle('transaction', get(`Goal/${id}/$meta`), put)))
      assert.deepEqual(statuses(meta), [200, 201])
      assert.equal(meta.entry[0].resource.resourceType, 'Parameters')
      const all = made(
        await writer.post('/', bundle('transaction', get(`${subject}/$everything?_type=Goal`), post(goal(subject)))),
      )
      assert.equal(all.entry[0].resource.entry.length, await goals())
      assert.deepEqual(statuses(made(await writer.post('/', bundle('transaction', get(`Goal/${id}/$meta`))))), [200])
    })
  })
