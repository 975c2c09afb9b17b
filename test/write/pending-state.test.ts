/** The rules look at the records as they will be after the commit. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, type Scene } from '../attack/scene.ts'
import { condition, consent, participant, referral, task, transaction, type Body } from '../builders/index.ts'
import { made, refused, type Client } from '../given.ts'

describe('write / the pending state', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client
  let subject: string

  before(async () => {
    scene = await attacked()
    ;[es, abe] = [scene.as('es'), scene.as('abe')] as [Client, Client]
  })
  after(() => scene.stop())
  beforeEach(async () => {
    subject = await newcomer(es, 'es')
    await post(es, consent(subject, 'es', 'abe'))
  })

  const status = async (client: Client, key: string) => (await client.get(`/${key}`)).status

  it('opens everything that a transaction writes by the circle after it, whatever the order', async () => {
    const uuid = 'urn:uuid:6f1e9b1a-0001-4c1e-9d9b-000000000001'
    const entries = [
      { method: 'POST', url: 'Condition', resource: condition(uuid) },
      { method: 'POST', url: 'Consent', resource: consent(uuid, 'es', 'abe') },
      { method: 'POST', url: 'Patient', fullUrl: uuid, resource: participant('es') },
    ]
    for (const order of [entries, [...entries].reverse()]) {
      const { entry } = made(await es.post('', transaction(...order)))
      for (const { resource } of entry)
        assert.equal(await status(abe, `${resource.resourceType}/${resource.id}`), 200, resource.resourceType)
    }
  })

  it('sends a new participant, the consent, the referral and its Task in one transaction, in every order', async () => {
    const [patient, request] = [
      'urn:uuid:6f1e9b1a-0002-4c1e-9d9b-000000000001',
      'urn:uuid:6f1e9b1a-0002-4c1e-9d9b-000000000002',
    ]
    const entries = [
      { method: 'POST', url: 'Task', resource: task(patient, request, 'es', 'abe') },
      { method: 'POST', url: 'ServiceRequest', fullUrl: request, resource: referral(patient, 'es', 'abe') },
      { method: 'POST', url: 'Consent', resource: consent(patient, 'es', 'abe') },
      { method: 'POST', url: 'Patient', fullUrl: patient, resource: participant('es') },
    ]
    for (let turn = 0; turn < entries.length; turn += 1) {
      const order = [...entries.slice(turn), ...entries.slice(0, turn)]
      const { entry } = made(await es.post('', transaction(...order)))
      const sent = entry.find((one: { resource: Body }) => one.resource.resourceType === 'Task').resource
      assert.equal(await status(abe, `Task/${sent.id}`), 200)
      refused(await es.post('', transaction(...order.filter((one) => one.url !== 'Consent'))), 422, 'consent-missing')
    }
  })
})
