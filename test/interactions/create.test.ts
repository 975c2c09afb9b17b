/** create and conditional create: https://hl7.org/fhir/R4/http.html#create */
import assert from 'node:assert/strict'
import { TURN } from '../../server/fhir/turns.ts'
import { openMemory } from '../../server/store/memory/open.ts'
import type { Store } from '../../server/store/store.ts'
import { goal, participant } from '../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'

describe('interactions / create', () => {
  let hub: Given
  let es: Client
  before(async () => {
    hub = await given()
    es = hub.as('es')
  })
  after(() => hub.stop())

  const newPatient = async (family = 'Ferris') => made(await es.post('/Patient', participant('es', { family })))

  it('creates under an id and a version of its own, whatever the client sent', async () => {
    const sent = {
      ...participant('es'),
      id: 'mine',
      meta: { versionId: '9', lastUpdated: '2001-01-01T00:00:00Z', source: 'me' },
    }
    const answer = await es.post('/Patient', sent)
    const { id, meta } = made(answer)
    assert.equal(answer.status, 201)
    assert.equal(answer.headers.get('etag'), 'W/"1"')
    assert.equal(answer.headers.get('location'), `${hub.url}/Patient/${id}/_history/1`)
    assert.ok(answer.headers.get('last-modified'))
    assert.notEqual(id, 'mine')
    assert.deepEqual([meta.versionId, meta.source], ['1', 'Organization/es'])
    assert.notEqual(meta.lastUpdated, '2001-01-01T00:00:00Z')
  })

  it('creates conditionally once', async () => {
    const body = participant('es', { number: 'ES-77' })
    const headers = { 'If-None-Exist': 'identifier=https://no-wrong-door.example/fhir/NamingSystem/agency/es|ES-77' }
    const first = await es.post('/Patient', body, { headers })
    const second = await es.post('/Patient', body, { headers })
    assert.deepEqual([first.status, second.status], [201, 200])
    assert.equal(second.body.id, first.body.id)
    refused(await es.post('/Patient', body, { headers: { 'If-None-Exist': 'famly=x' } }), 400, 'unknown-parameter')
  })

  it('takes the condition with the address of its search, and none at another', async () => {
    const number = 'ES-78'
    const query = `identifier=https://no-wrong-door.example/fhir/NamingSystem/agency/es|${number}`
    const send = (condition: string) =>
      es.post('/Patient', participant('es', { number }), { headers: { 'If-None-Exist': condition } })
    const { id } = made(await send(query))
    for (const condition of [`?${query}`, `Patient?${query}`, `${hub.url}/Patient?${query}`]) {
      const answer = await send(condition)
      assert.deepEqual([answer.status, answer.body.id], [200, id], condition)
    }
    for (const address of ['Goal', 'https://other.example/fhir/Patient', `${hub.url}/Goal`])
      refused(await send(`${address}?${query}`), 400, 'invalid-header')
  })

  it('refuses a condition in its address, which a write would ignore, also in a Bundle', async () => {
    const one = await newPatient()
    const address = `Patient/${one.id}`
    const [first, second] = ['identifier=ES-79', '_id=x'] as const
    const text = refused(await es.post(`/Patient?${first}`, participant('es')), 400, 'unknown-parameter')
    assert.match(text, /If-None-Exist/)
    refused(
      await es.send('PUT', `/${address}?${second}`, one, { headers: { 'If-Match': 'W/"1"' } }),
      400,
      'unknown-parameter',
    )
    refused(await hub.as('board').send('DELETE', `/${address}?${second}`), 400, 'unknown-parameter')
    for (const type of ['batch', 'transaction']) {
      const entry = [{ resource: participant('es'), request: { method: 'POST', url: `Patient?${first}` } }]
      const { body } = await es.post('/', { resourceType: 'Bundle', type, entry })
      assert.match(JSON.stringify(body), /unknown-parameter/)
    }
    assert.equal(made(await es.get(`/${address}`)).meta.versionId, '1')
    made(await es.post('/Patient?_format=json&_pretty=true', participant('es')))
  })

  it('takes a condition with the format of the answer in it, as some clients send it, and none of that alone', async () => {
    const [system, value] = ['https://employment.example.gov/id', 'ES-81']
    const person = { ...participant('es'), identifier: [{ system, value }] }
    const condition = `${encodeURIComponent(`${system}|${value}`)}&_format=json&_pretty=true`
    const createUnless = (ifNoneExist: string) =>
      es.post('/Patient', person, { headers: { 'If-None-Exist': ifNoneExist } })
    const first = await createUnless(`Patient?identifier=${condition}`)
    assert.equal(first.status, 201, first.text)
    assert.equal(made(await createUnless(`identifier=${condition}`)).id, first.body.id)
    refused(await createUnless('_format=json'), 400, 'invalid-header')
  })

  it('answers with as much as Prefer asks for', async () => {
    const create = (prefer: string) => es.post('/Patient', participant('es'), { headers: { Prefer: prefer } })
    assert.equal((await create('return=minimal')).text, '')
    assert.equal((await create('return=OperationOutcome')).body.resourceType, 'OperationOutcome')
    assert.equal((await create('return=representation')).body.resourceType, 'Patient')
  })

  it('keeps decimals as they were written', async () => {
    const { id } = await newPatient()
    const amount = '{"value":45000.00,"unit":"USD/a","system":"urn:iso:std:iso:4217","code":"USD"}'
    const target = `[{"measure":{"coding":[{"system":"https://no-wrong-door.example/fhir/CodeSystem/goal-measure","code":"desired-salary"}]},"detailQuantity":${amount}}]`
    const body = JSON.stringify(goal(`Patient/${id}`)).replace(/}$/, `,"target":${target}}`)
    const answer = await es.post('/Goal', body)
    assert.equal(answer.status, 201, answer.text)
    for (const text of [answer.text, (await es.get(`/Goal/${made(answer).id}`)).text])
      assert.ok(text.includes('"value":45000.00,'), text)
  })

  it('refuses a body of another type, another id, or none', async () => {
    refused(await es.post('/Goal', participant('es')), 400, 'type-mismatch')
    refused(await es.put('/Goal/es.a', { ...goal('Patient/x'), id: 'es.b' }), 400, 'id-mismatch')
    refused(await es.post('/Goal'), 400, 'body-missing')
    refused(await es.post('/Goal', '{"resourceType":"Goal","resourceType":"Goal"}'), 400, 'json-duplicate-key')
  })

  it('refuses a reference to what the caller may not see', async () => {
    const unknown = await es.post('/Goal', goal('Patient/nobody'))
    refused(unknown, 422, 'reference-not-found')
    assert.deepEqual(unknown.body.issue[0].expression, ['Goal.subject'])
  })
})

describe('interactions / a large create and a large update', () => {
  it('leave turns to others between their steps', async () => {
    const store = openMemory({ clock: () => 0 })
    let turns = 0
    let isOver = false
    let sinceRead = 0
    const between: number[] = []
    const noting =
      <A extends unknown[], T>(call: (...given: A) => Promise<T>) =>
      (...given: A): Promise<T> => {
        sinceRead = turns
        return call(...given)
      }
    const commit: Store['commit'] = (work) => {
      if (work.writes?.some((one) => one.kind === 'put' && one.resource.resourceType === 'Goal'))
        between.push(turns - sinceRead)
      return store.commit(work)
    }
    const reads = { read: noting(store.read), readMany: noting(store.readMany), find: noting(store.find) }
    const hub = await given({}, undefined, {
      store: { ...store, ...reads, commit },
    })
    const turn = (): void => {
      turns += 1
      if (!isOver) setImmediate(turn)
    }
    setImmediate(turn)
    const client = hub.as('es')
    const subject = { reference: `Patient/${made(await client.post('/Patient', participant('es'))).id}` }
    const note = Array.from({ length: TURN.characters / 50 }, (_, index) => ({ text: `${index} ${'x'.repeat(50)}` }))
    const large = { ...goal(subject.reference), note }
    const { id } = made(await client.post('/Goal', large))
    made(await client.put(`/Goal/${id}`, { ...large, id, statusReason: 'Changed.' }, 1))
    isOver = true
    await hub.stop()
    assert.equal(between.length, 2)
    assert.ok(
      between.every((count) => count >= 2),
      between.join(),
    )
  })
})
