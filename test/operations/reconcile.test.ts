/** $reconcile: what changed since the version that a system holds. */
import assert from 'node:assert/strict'
import { goal, participant, plan } from '../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'

describe('operations / $reconcile', () => {
  let hub: Given
  let es: Client
  before(async () => {
    hub = await given()
    es = hub.as('es')
  })
  after(() => hub.stop())

  const newPatient = async (family = 'Ferris') => made(await es.post('/Patient', participant('es', { family })))

  it('says what changed since the version that a system holds', async () => {
    const before = await newPatient()
    made(await es.put(`/Patient/${before.id}`, { ...before, gender: 'other' }, 1))
    const { parameter } = made(await es.get(`/Patient/${before.id}/$reconcile?base=1`))
    const change = parameter.find((one: { name: string }) => one.name === 'change')
    assert.deepEqual(
      change.part.map((part: Record<string, unknown>) => part.valueCode ?? part.valueString),
      ['replace', '/gender', '"other"'],
    )
  })

  it('answers the current record and its version, for If-Match', async () => {
    const before = await newPatient()
    const current = made(await es.put(`/Patient/${before.id}`, { ...before, gender: 'other' }, 1))
    const answer = await es.get(`/Patient/${before.id}/$reconcile?base=1`)
    const [first, version, base] = made(answer).parameter
    assert.deepEqual([first.name, first.resource], ['current', current])
    assert.deepEqual(
      [version, base],
      [
        { name: 'version', valueInteger: 2 },
        { name: 'base', valueInteger: 1 },
      ],
    )
    assert.equal(answer.headers.get('etag'), 'W/"2"')
  })

  it('has no change where the system holds the current version', async () => {
    const { id } = await newPatient()
    const { parameter } = made(await es.get(`/Patient/${id}/$reconcile?base=1`))
    assert.deepEqual(
      parameter.map((one: { name: string }) => one.name),
      ['current', 'version', 'base'],
    )
  })

  it('leaves out what the hub itself writes into meta', async () => {
    const before = await newPatient()
    made(await es.put(`/Patient/${before.id}`, { ...before, language: 'en' }, 1))
    made(await es.put(`/Patient/${before.id}`, before, 2))
    const { parameter } = made(await es.get(`/Patient/${before.id}/$reconcile?base=1`))
    assert.equal(parameter.filter((one: { name: string }) => one.name === 'change').length, 0)
  })

  it('reconciles a plan as well, and no other type', async () => {
    const { id } = await newPatient()
    const aim = made(await es.post('/Goal', goal(`Patient/${id}`)))
    const draft = made(await es.post('/CarePlan', plan('es', `Patient/${id}`, `Goal/${aim.id}`)))
    made(await es.put(`/CarePlan/${draft.id}`, { ...draft, title: 'My plan' }, 1))
    const { parameter } = made(await es.get(`/CarePlan/${draft.id}/$reconcile?base=1`))
    assert.deepEqual(parameter.at(-1).part, [
      { name: 'op', valueCode: 'add' },
      { name: 'path', valueString: '/title' },
      { name: 'value', valueString: '"My plan"' },
    ])
    assert.equal((await es.get(`/Goal/${aim.id}/$reconcile?base=1`)).status, 404)
  })

  it('refuses a base that is no version', async () => {
    const { id } = await newPatient()
    for (const query of ['', '?base=', '?base=0', '?base=first', '?base=1.0'])
      refused(await es.get(`/Patient/${id}/$reconcile${query}`), 400, 'invalid-parameter')
    assert.match(
      refused(await es.get(`/Patient/${id}/$reconcile?base=9`), 404, 'not-found'),
      /version `9`.*version `1`/,
    )
  })

  it('answers 404 for a participant whom the caller may not see, and 410 for a deleted one', async () => {
    const { id } = await newPatient()
    refused(await hub.as('dhs').get(`/Patient/${id}/$reconcile?base=1`), 404, 'not-found')
    assert.equal((await hub.as('board').delete(`/Patient/${id}`, 1)).status, 204)
    refused(await es.get(`/Patient/${id}/$reconcile?base=1`), 410, 'deleted')
  })
})
