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
})
