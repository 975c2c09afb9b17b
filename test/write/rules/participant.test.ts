/** One person is one participant, under one hub id. */
import assert from 'node:assert/strict'
import { attacked, post, type Scene } from '../../attack/scene.ts'
import { consent, participant, transaction, type Body } from '../../builders/index.ts'
import { made, refused, type Client } from '../../given.ts'

const SSN = 'http://hl7.org/fhir/sid/us-ssn'
const HUB_ID = 'https://no-wrong-door.example/fhir/NamingSystem/hub-id'
type Patient = Body & { identifier: { system: string; value: string }[] }

describe('write / rules / participant', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, board: Client
  before(async () => {
    scene = await attacked()
    es = scene.as('es')
    board = scene.as('board')
  })
  after(() => scene.stop())
  const hubIdOf = (patient: Patient) => patient.identifier.find((one) => one.system === HUB_ID)?.value

  it('refuses a second record of a person, and points at the first', async () => {
    const one = made(await es.post('/Patient', participant('es', { ssn: '219-09-9999' })))
    assert.ok(!JSON.stringify(one).includes('219099999') && !JSON.stringify(one).includes('219-09-9999'))
    const again = await es.post('/Patient', participant('es', { ssn: '219099999' }))
    assert.ok(refused(again, 409, 'duplicate-participant').includes(`Patient/${one.id}`))
    assert.ok(!again.text.includes('219099999'))
    assert.equal(again.headers.get('location'), `/fhir/Patient/${one.id}`)
  })

  it('refuses the same person twice in one transaction, by number and by identifier', async () => {
    for (const [person, family] of [
      [{ ssn: '219-09-0001' }, 'Ferris'],
      [{ number: 'ES-1' }, 'Other'],
    ] as const) {
      const two = [participant('es', person), participant('es', { ...person, family })]
      const answer = await es.post(
        '',
        transaction(...two.map((resource) => ({ method: 'POST', url: 'Patient', resource }))),
      )
      refused(answer, 409, 'duplicate-participant')
    }
  })

  it('refuses a second of a person whose record the same transaction updates', async () => {
    const one = await post(es, participant('es', { ssn: '219-09-0002', number: 'ES-2' }))
    for (const person of [{ ssn: '219090002' }, { number: 'ES-2' }]) {
      const update = {
        ...transaction({ method: 'PUT', url: `Patient/${one.id}`, resource: { ...one, gender: 'other' } }).entry[0],
      }
      const bundle = {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [
          { ...update, request: { ...update.request, ifMatch: 'W/"1"' } },
          { resource: participant('es', person), request: { method: 'POST', url: 'Patient' } },
        ],
      }
      refused(await es.post('', bundle), 409, 'duplicate-participant')
    }
  })

  it('lets a person go over to another record within one transaction', async () => {
    const one = await post(es, participant('es', { number: 'ES-3' }))
    const { identifier, ...rest } = one as Patient
    const bundle = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        {
          resource: { ...rest, identifier: identifier.filter((id) => id.value !== 'ES-3') },
          request: { method: 'PUT', url: `Patient/${one.id}`, ifMatch: 'W/"1"' },
        },
        { resource: participant('es', { number: 'ES-3' }), request: { method: 'POST', url: 'Patient' } },
      ],
    }
    made(await es.post('', bundle))
  })

  it('makes one of a person who is created 16 times at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => es.post('/Patient', participant('es', { ssn: '219-09-0004' }))),
    )
    assert.equal(answers.filter(({ status }) => status === 201).length, 1)
    assert.equal(answers.filter(({ status }) => status === 409).length, 15)
  })

  it('does not let another agency block the updates of a participant with a look-alike', async () => {
    const mine = await post(es, participant('es', { ssn: '219-09-0005', number: 'ES-5' }))
    const dhs = scene.as('dhs')
    const alike = await post(dhs, {
      ...participant('es', { ssn: '219-09-0005', number: 'ES-5' }),
      managingOrganization: { reference: 'Organization/dhs' },
    } as Body)
    await post(dhs, consent(`Patient/${alike.id}`, 'dhs', 'es'))
    made(await es.put(`/Patient/${mine.id}`, { ...mine, gender: 'other' }, 1))
    made(
      await es.put(
        `/Patient/${mine.id}`,
        { ...mine, gender: 'male', identifier: [...mine.identifier, { system: SSN, value: '219090005' }] },
        2,
      ),
    )
  })

  it('keeps the hub id through forging, updates, deletion and return', async () => {
    const forged = { ...participant('es', { number: 'ES-6' }), identifier: [{ system: HUB_ID, value: 'MS0000000001' }] }
    const one = (await post(es, forged)) as Patient
    const id = hubIdOf(one)
    assert.notEqual(id, 'MS0000000001')
    assert.equal(one.identifier.filter(({ system }) => system === HUB_ID).length, 1)
    const two = made(
      await es.put(`/Patient/${one.id}`, { ...one, identifier: [{ system: HUB_ID, value: 'MS0000000002' }] }, 1),
    )
    assert.equal(hubIdOf(two), id)
    assert.equal((await board.delete(`/Patient/${one.id}`, two.meta.versionId)).status, 204)
    const back = made(await board.put(`/Patient/${one.id}`, { ...two, identifier: undefined, gender: 'other' }))
    assert.equal(hubIdOf(back), id)
  })

  it('recognizes a person whose record was deleted and brought back', async () => {
    const one = await post(es, participant('es', { ssn: '219-09-0007' }))
    assert.equal((await board.delete(`/Patient/${one.id}`, 1)).status, 204)
    made(await board.put(`/Patient/${one.id}`, one))
    refused(await es.post('/Patient', participant('es', { ssn: '219-09-0007' })), 409, 'duplicate-participant')
  })
})
