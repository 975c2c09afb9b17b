/** Who may change and delete what another agency wrote. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, type Scene } from '../../attack/scene.ts'
import { agreement, condition, consent, participant, type Body } from '../../builders/index.ts'
import { made, refused, type Client } from '../../given.ts'

describe('write / rules / ownership', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client, dhs: Client
  let subject: string

  before(async () => {
    scene = await attacked()
    ;[es, abe, dhs] = [scene.as('es'), scene.as('abe'), scene.as('dhs')] as [Client, Client, Client]
  })
  after(() => scene.stop())
  beforeEach(async () => {
    subject = await newcomer(es, 'es')
    await post(es, consent(subject, 'es', 'abe'))
  })

  const put = (client: Client, record: Body & { id?: string }, version: number, more: object = {}) =>
    client.put(`/${record.resourceType}/${String(record.id)}`, { ...record, ...more }, version)

  it('lets an agency neither change nor delete what another wrote, where it is not shared', async () => {
    const barrier = await post(es, condition(subject))
    made(await put(abe, barrier, 1, { note: [{ text: 'Seen.' }] }))
    assert.match(
      refused(await abe.delete(`/Condition/${barrier.id}`), 403, 'forbidden'),
      /alone may delete it; `abe` may update it/,
    )
    refused(await abe.delete(`/${subject}`, 1), 403, 'forbidden')
    refused(await dhs.delete(`/${subject}`, 2), 403, 'forbidden')
    assert.equal((await es.get(`/${subject}`)).status, 200)
    for (const lookup of ['Organization', 'HealthcareService', 'Location'])
      assert.ok((await abe.post(`/${lookup}`, { resourceType: lookup, name: 'Mine' })).status >= 403, lookup)
    for (const definition of [
      'StructureDefinition',
      'CodeSystem',
      'PlanDefinition',
      'Questionnaire',
      'SearchParameter',
      'Circle',
      'Published',
    ])
      assert.ok(
        (await abe.put(`/${definition}/abe.1`, { resourceType: definition, id: 'abe.1' })).status >= 403,
        definition,
      )
    assert.ok(
      [403, 404].includes((await abe.put('/Organization/abe', { resourceType: 'Organization', id: 'abe' })).status),
    )
    refused(await abe.post('/Contract', agreement(['ui', 'abe'], '2099-01-01')), 403, 'forbidden')
  })

  it('lets only the writer change a record that is not shared, and the board write lookups', async () => {
    refused(await abe.put('/Organization/abe', { resourceType: 'Organization', id: 'abe' }), 403, 'forbidden')
    refused(await es.post('/Patient', participant('abe')), 422, 'agency-not-yours')
  })
})
