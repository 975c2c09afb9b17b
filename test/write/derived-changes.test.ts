/** A revoked referral takes its open Tasks with it, in the same commit. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, referred, type Scene } from '../attack/scene.ts'
import { business, consent, referral, task, transaction, type Body, type StoredBody } from '../builders/index.ts'
import { made, refused, type Client } from '../given.ts'

describe('write / derived changes', function () {
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

  it('end the Tasks of a referral to two agencies when it is revoked', async () => {
    const subject = await newcomer(es, 'es')
    for (const one of ['abe', 'dhs']) await post(es, consent(subject, 'es', one))
    const request = await post(es, { ...referral(subject, 'es', 'abe'), performer: undefined } as unknown as Body)
    const focus = `ServiceRequest/${request.id}`
    const { entry } = made(
      await es.post(
        '',
        transaction(
          ...['abe', 'dhs'].map((owner) => ({
            method: 'POST',
            url: 'Task',
            resource: task(subject, focus, 'es', owner),
          })),
        ),
      ),
    )
    const [first] = entry.map((one: { resource: StoredBody }) => one.resource)
    made(await abe.change(first, { status: 'accepted', ...business('accepted') }))
    made(await es.put(`/${focus}`, { ...request, status: 'revoked' }))
    for (const { resource } of entry) assert.equal(made(await es.get(`/Task/${resource.id}`)).status, 'cancelled')
  })

  it('leave no way to send a new Task in the transaction that revokes its referral', async () => {
    const subject = await newcomer(es, 'es')
    const { request } = await referred(es, subject, 'es', 'abe')
    const bundle = transaction(
      { method: 'PUT', url: `ServiceRequest/${request.id}`, resource: { ...request, status: 'revoked' } },
      { method: 'POST', url: 'Task', resource: task(subject, `ServiceRequest/${request.id}`, 'es', 'abe') },
    )
    refused(await es.post('', bundle), 422, 'referral-rule')
    const reopened = transaction({
      method: 'PUT',
      url: `ServiceRequest/${request.id}`,
      resource: { ...request, requester: { reference: 'Organization/abe' } },
    })
    refused(await abe.post('', reopened), 403, 'forbidden')
  })

  describe('follow an error', () => {
    const error = (record: StoredBody, text = 'Another person of the same name.') => ({
      ...record,
      status: 'entered-in-error',
      ...(record.resourceType === 'Task' ? { statusReason: { text } } : { note: [{ text }] }),
    })
    const statusOf = async (client: Client, key: string) => made(await client.get(`/${key}`)).status
    const version = ({ meta }: StoredBody) => (meta as { versionId: string }).versionId
    const put = (client: Client, before: StoredBody, after: object) =>
      client.put(`/${before.resourceType}/${before.id}`, after, version(before))

    it('of a Task to its request, also after the end, when its owner is out of the circle', async () => {
      const { request, task: sent } = await referred(es, subject, 'es', 'abe')
      const closing = { status: 'rejected', ...business('rejected-capacity'), statusReason: { text: 'Full.' } }
      const closed = made(await put(abe, sent as StoredBody, { ...sent, ...closing }))
      for (const { resource } of made(await es.get(`/Consent?patient=${subject}`)).entry)
        made(await es.put(`/Consent/${resource.id}`, { ...resource, status: 'inactive' }, version(resource)))
      assert.equal((await abe.get(`/ServiceRequest/${request.id}`)).status, 404, 'the owner is out')
      made(await put(scene.as('board'), closed, error(closed)))
      assert.equal(await statusOf(es, `Task/${sent.id}`), 'entered-in-error')
      assert.equal(await statusOf(es, `ServiceRequest/${request.id}`), 'entered-in-error')
    })

    it('of a request to all its Tasks, the closed ones too', async () => {
      const { request, task: sent } = await referred(es, subject, 'es', 'abe')
      const declined = { status: 'cancelled', ...business('withdrawn'), statusReason: { text: 'Moved away.' } }
      made(await put(es, sent as StoredBody, { ...sent, ...declined }))
      const second = await post(es, task(subject, `ServiceRequest/${request.id}`, 'es', 'abe'))
      made(await put(es, request as StoredBody, error(request as StoredBody)))
      for (const one of [sent, second]) {
        const { status, statusReason } = made(await es.get(`/Task/${one.id}`))
        assert.equal(status, 'entered-in-error')
        if (one === sent) assert.equal(statusReason.text, 'Another person of the same name.')
      }
    })

    it('of one of two Tasks to nothing: the request is carried out by the other', async () => {
      await post(es, consent(subject, 'es', 'dhs'))
      const { request, task: sent } = await referred(es, subject, 'es', 'abe')
      await post(es, task(subject, `ServiceRequest/${request.id}`, 'es', 'dhs'))
      made(await put(es, sent as StoredBody, error(sent as StoredBody)))
      assert.equal(await statusOf(es, `ServiceRequest/${request.id}`), 'active')
    })

    it('of both Tasks of a request in one transaction to the request', async () => {
      await post(es, consent(subject, 'es', 'dhs'))
      const { request, task: sent } = await referred(es, subject, 'es', 'abe')
      const other = await post(es, task(subject, `ServiceRequest/${request.id}`, 'es', 'dhs'))
      const entry = [sent, other].map((one) => ({
        resource: error(one as StoredBody),
        request: { method: 'PUT', url: `Task/${one.id}`, ifMatch: 'W/"1"' },
      }))
      made(await es.post('', { ...transaction(), entry }))
      assert.equal(await statusOf(es, `ServiceRequest/${request.id}`), 'entered-in-error')
    })
  })

  it('name the agency to which a referral was routed, or that claimed it, in its request', async () => {
    await post(es, consent(subject, 'es', 'dhs'))
    const { request, task: sent } = await referred(es, subject, 'es', 'abe')
    const performers = async (id: string) => made(await es.get(`/ServiceRequest/${id}`)).performer
    made(await es.put(`/Task/${sent.id}`, { ...sent, owner: { reference: 'Organization/dhs' } }, 1))
    assert.deepEqual(await performers(request.id), [{ reference: 'Organization/dhs' }])
    const { performer: _, ...unaddressed } = referral(subject, 'es', 'abe') as Body & { performer: unknown }
    const open = await post(es, unaddressed as Body)
    const waiting = await post(es, task(subject, `ServiceRequest/${open.id}`, 'es'))
    const claim = { status: 'accepted', ...business('accepted'), owner: { reference: 'Organization/abe' } }
    made(await abe.put(`/Task/${waiting.id}`, { ...waiting, ...claim }, 1))
    assert.deepEqual(await performers(open.id), [{ reference: 'Organization/abe' }])
  })

  it('complete no referral while a Task of it is open', async () => {
    const { request, task: sent } = await referred(es, subject, 'es', 'abe')
    const complete = () => es.put(`/ServiceRequest/${request.id}`, { ...request, status: 'completed' }, 1)
    assert.match(
      refused(await complete(), 422, 'referral-rule'),
      new RegExp(`Task/${sent.id}\` of this referral is still`),
    )
    const closing = { status: 'rejected', ...business('rejected-capacity'), statusReason: { text: 'Full.' } }
    made(await abe.put(`/Task/${sent.id}`, { ...sent, ...closing }, 1))
    made(await complete())
  })
})
