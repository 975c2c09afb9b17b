/** A create that is a certain duplicate of somebody the caller may know, by name, birth date and contacts, is refused. */
import assert from 'node:assert/strict'
import { attacked, post, type Scene } from '../../attack/scene.ts'
import { HUB_ID, hubIdOf } from '../../../server/domain/participant/hub-id.ts'
import { consent, participant, transaction, type Body } from '../../builders/index.ts'
import { made, refused, type Answer, type Client } from '../../given.ts'

let count = 0
/** Somebody with a phone, a home and an email, like nobody else here. */
function somebody(entry = 'es'): Body {
  count += 1
  return {
    ...participant(entry, { family: `Que${'bdkmr'.charAt(count % 5)}o`, given: 'William' }),
    birthDate: `${1940 + count}-03-2${count % 9}`,
    telecom: [
      { system: 'phone', value: `662-555-${1000 + count}` },
      { system: 'email', value: `w${count}@mail.example` },
    ],
    address: [{ line: [`${count} Oak Street`], city: 'Tupelo', state: 'MS', postalCode: '38801' }],
  }
}

const named = (body: Body, name: object): Body => ({ ...body, name: [{ use: 'official', ...name }] })
const without = ({ telecom: _, address: __, ...body }: Body): Body => body as Body
const familyOf = ({ name }: Body): string => (name as unknown as [{ family: string }])[0].family

describe('write / rules / participant / duplicates', function () {
  this.timeout(60_000)
  let scene: Scene
  let es: Client
  let dhs: Client
  before(async () => {
    scene = await attacked()
    es = scene.as('es')
    dhs = scene.as('dhs')
  })
  after(() => scene.stop())
  const create = (client: Client, body: Body): Promise<Answer> => client.post('/Patient', body)

  const AGAIN: readonly (readonly [what: string, again: (body: Body) => Body])[] = [
    [
      'with the same phone, written differently',
      (body) => ({ ...without(body), telecom: [{ system: 'phone', value: `+1 (662) 555-${1000 + count}` }] }),
    ],
    [
      'with the same address, written differently',
      (body) => ({
        ...without(body),
        address: [{ line: [`${count} OAK ST.`], city: 'TUPELO', postalCode: '38801-2222' }],
      }),
    ],
    [
      'with the same email',
      (body) => ({ ...without(body), telecom: [{ system: 'email', value: `W${count}@mail.example` }] }),
    ],
    ['under a nickname', (body) => named(body, { family: familyOf(body), given: ['Bill'] })],
    [
      'with diacritics and in capitals',
      (body) => named(body, { family: familyOf(body).replace('e', 'é').toUpperCase(), given: ['WILLIAM'] }),
    ],
    [
      'under one part of a double name',
      (body) => named(body, { family: `${familyOf(body)}-Smith`, given: ['William'] }),
    ],
  ]
  for (const [what, again] of AGAIN) {
    it(`are refused ${what}, and the first record is named`, async () => {
      const body = somebody()
      const { id } = made(await create(es, body))
      const answer = await create(es, again(body))
      const text = refused(answer, 409, 'duplicate-participant')
      assert.ok(text.includes(`Patient/${id}`))
      assert.equal(answer.headers.get('location'), `/fhir/Patient/${id}`)
      refused(
        await es.post('', transaction({ method: 'POST', url: 'Patient', resource: again(body) })),
        409,
        'duplicate-participant',
      )
    })
  }

  it('are refused as that, whatever else is wrong with the record', async () => {
    const body = somebody()
    const { id } = made(await create(es, body))
    const faulty = { ...body, link: [{ other: { reference: 'Patient/nobody' }, type: 'seealso' }] }
    const text = refused(await create(es, faulty), 409, 'duplicate-participant')
    assert.ok(text.includes(`Patient/${id}`))
    // The same record without its twin is refused for the reference alone.
    refused(await create(es, { ...somebody(), link: faulty.link }), 422, 'reference-not-found')
  })

  it('are refused with the hub id of a known participant, under whatever name; one of nobody, or of a stranger, is left out', async () => {
    const first = made(await create(es, somebody()))
    const value = hubIdOf(first)
    const sent = (body: Body, id: string | undefined) => ({ ...body, identifier: [{ system: HUB_ID, value: id }] })
    for (const body of [without(somebody()), named(without(somebody()), { family: 'Other', given: ['Ann'] })]) {
      const text = refused(await create(es, sent(body, value)), 409, 'duplicate-participant')
      assert.ok(text.includes(`Patient/${first.id}`))
    }
    const said = await es.post('/Patient/$validate?mode=create', sent(without(somebody()), value))
    assert.match(said.text, /duplicate-participant/)
    const ofNobody = made(await create(es, sent(without(somebody()), 'MS0000000001')))
    assert.notEqual(hubIdOf(ofNobody), 'MS0000000001')
    const ofStranger = { ...sent(without(somebody()), value), managingOrganization: { reference: 'Organization/dhs' } }
    assert.notEqual(hubIdOf(made(await create(dhs, ofStranger))), value)
  })

  it('are refused within one transaction', async () => {
    const body = somebody()
    const entries = [body, body].map((resource) => ({ method: 'POST', url: 'Patient', resource }))
    refused(await es.post('', transaction(...entries)), 409, 'duplicate-participant')
  })

  it('are not those who only have name and birth date in common, or are probably others', async () => {
    const body = somebody()
    made(await create(es, body))
    for (const other of [
      without(body),
      { ...body, birthDate: '1939-12-31' },
      named(body, { family: familyOf(body), given: ['Jesse'] }),
      named(body, { family: 'Wagner', given: ['William'] }),
    ])
      made(await create(es, other))
  })

  it('tell nothing of somebody whom the caller may not know of', async () => {
    const body = somebody()
    const { id } = made(await create(es, body))
    const alike = { ...body, managingOrganization: { reference: 'Organization/dhs' } }
    const own = made(await create(dhs, alike))
    assert.equal((await scene.as('board').delete(`/Patient/${own.id}`, 1)).status, 204)
    made(await es.post('/Consent', consent(`Patient/${id}`, 'es', 'dhs')))
    refused(await create(dhs, alike), 409, 'duplicate-participant')
  })

  it('do not keep a known record from being updated', async () => {
    const [one, other] = [somebody(), somebody()]
    made(await create(es, one))
    const { id, ...stored } = made(await create(es, other))
    const { name, birthDate, telecom } = one
    made(await es.put(`/Patient/${id}`, { ...stored, id, name, birthDate, telecom }, 1))
  })

  it('are one when sixteen come at once', async () => {
    const body = somebody()
    const statuses = (await Promise.all(Array.from({ length: 16 }, () => create(es, body)))).map(({ status }) => status)
    assert.deepEqual(
      [statuses.filter((one) => one === 201).length, statuses.filter((one) => one === 409).length],
      [1, 15],
    )
  })

  it('are refused when the other one comes, or becomes alike, between the reading and the commit', async () => {
    const body = somebody()
    scene.between(() => post(es, body))
    refused(await create(es, body), 409, 'duplicate-participant')
    const other = somebody()
    const { id, ...stored } = made(await create(es, named(other, { family: familyOf(other), given: ['Jesse'] })))
    scene.between(async () => made(await es.put(`/Patient/${id}`, { ...stored, id, name: other.name }, 1)))
    refused(await create(es, other), 409, 'duplicate-participant')
  })
})
