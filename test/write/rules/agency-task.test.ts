/** A Task that is no referral makes no member, follows no referral lifecycle, and stays what it is. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, referred, type Scene } from '../../attack/scene.ts'
import { agency, codeSystemAt, coded, consent, type Body } from '../../builders/index.ts'
import { made, refused, type Client } from '../../given.ts'

const KIND = codeSystemAt('agency-task')

describe('write / rules / agency-task', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client, vr: Client
  let subject: string

  before(async () => {
    scene = await attacked()
    ;[es, abe, vr] = ['es', 'abe', 'vr'].map((agency) => scene.as(agency)) as [Client, Client, Client]
  })
  after(() => scene.stop())
  beforeEach(async () => {
    subject = await newcomer(es, 'es')
    await post(es, consent(subject, 'es', 'abe'))
  })

  const request = (focus: string, requester: string, owner: string, more: object = {}): Body => ({
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    code: coded(KIND, 'review-consent'),
    focus: { reference: focus },
    for: { reference: subject },
    authoredOn: '2026-01-05T09:00:00-06:00',
    lastModified: '2026-01-05T09:00:00-06:00',
    requester: agency(requester),
    owner: agency(owner),
    ...more,
  })

  it('lets no other agency know the participant by naming it', async () => {
    await post(es, request(subject, 'es', 'vr'))
    refused(await vr.get(`/${subject}`), 404, 'not-found')
    assert.equal(made(await vr.get(`/Task?patient=${subject}`)).entry, undefined)
  })

  it('needs no consent, no outcome and no business status, and has no referral lifecycle', async () => {
    const task = await post(es, request(subject, 'es', 'abe'))
    refused(await abe.put(`/Task/${task.id}`, { ...task, status: 'accepted' }, 1), 422, 'code-invalid')
    made(await abe.put(`/Task/${task.id}`, { ...task, status: 'completed' }, 1))
    refused(await abe.put(`/Task/${task.id}`, { ...task, status: 'requested' }, 2), 422, 'transition-illegal')
  })

  it('never becomes a referral, nor a referral such a Task', async () => {
    const { task, request: about } = await referred(es, subject, 'es', 'abe')
    const other = await post(es, request(subject, 'es', 'abe'))
    refused(
      await es.put(`/Task/${task.id}`, { ...task, code: coded(KIND, 'review-consent') }, 1),
      422,
      'element-immutable',
    )
    const fulfill = {
      ...other,
      code: coded('http://hl7.org/fhir/CodeSystem/task-code', 'fulfill'),
      focus: { reference: `ServiceRequest/${about.id}` },
    }
    refused(await es.put(`/Task/${other.id}`, fulfill, 1), 422, 'element-immutable')
    const both = { coding: [...coded(KIND, 'review-consent').coding, ...fulfill.code.coding] }
    refused(await es.post('/Task', { ...request(subject, 'es', 'vr'), code: both }), 422, 'element-too-many')
    refused(await vr.get(`/${subject}`), 404, 'not-found')
  })

  it('is no open Task of the referral that it is about: it does not end with it', async () => {
    const { task, request: about } = await referred(es, subject, 'es', 'abe')
    const other = await post(es, request(`ServiceRequest/${about.id}`, 'es', 'abe'))
    made(await es.put(`/ServiceRequest/${about.id}`, { ...about, status: 'revoked' }, 1))
    assert.equal(made(await es.get(`/Task/${task.id}`)).status, 'cancelled')
    assert.equal(made(await es.get(`/Task/${other.id}`)).status, 'requested')
  })
})
