/** $propose-change: another agency proposes who the participant is, the agency of entry accepts or refuses. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, type Scene } from '../attack/scene.ts'
import { consent, profileAt, type Body } from '../builders/index.ts'
import { made, refused, type Client } from '../given.ts'

type Proposal = Body & { readonly id: string; readonly meta: { readonly versionId: string } }

describe('operations / $propose-change', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client, vr: Client, dhs: Client
  let subject: string

  before(async () => {
    scene = await attacked()
    ;[es, abe, vr, dhs] = ['es', 'abe', 'vr', 'dhs'].map((agency) => scene.as(agency)) as [
      Client,
      Client,
      Client,
      Client,
    ]
  })
  after(() => scene.stop())
  beforeEach(async () => {
    subject = await newcomer(es, 'es')
    for (const to of ['abe', 'vr']) await post(es, consent(subject, 'es', to))
  })

  const birthDate = { name: 'birthDate', valueDate: '1990-08-01' }
  const name = { name: 'name', valueHumanName: { use: 'official', family: 'Married', given: ['Ida'] } }
  const propose = (client: Client, ...parameter: readonly object[]) =>
    client.post(`/${subject}/$propose-change`, { resourceType: 'Parameters', parameter })
  const answerBy = (client: Client, task: Proposal, more: object) =>
    client.put(`/Task/${task.id}`, { ...task, ...more }, task.meta.versionId)

  it('makes a Task for the agency of entry, which is no referral', async () => {
    const answer = await propose(abe, name, birthDate, { name: 'comment', valueString: 'Licence seen.' })
    assert.equal(answer.status, 201, answer.text)
    const { meta, owner, requester, focus, status } = answer.body
    assert.ok(meta)
    assert.deepEqual(
      [status, owner.reference, requester.reference, focus.reference],
      ['requested', 'Organization/es', 'Organization/abe', subject],
    )
    made(await es.post('/Task/$validate', { ...answer.body, meta: { profile: [profileAt('hub-agency-task')] } }))
  })

  it('makes nobody a member: the requester knows the participant only as long as it did before', async () => {
    const permit = made(await es.get(`/Consent?patient=${subject}`)).entry.find(
      ({ resource }: { resource: { provision: { actor: { reference: { reference: string } }[] } } }) =>
        resource.provision.actor[0]?.reference.reference === 'Organization/abe',
    ).resource
    made(await propose(abe, birthDate))
    made(await es.put(`/Consent/${permit.id}`, { ...permit, status: 'inactive' }, 1))
    refused(await abe.get(`/${subject}`), 404, 'not-found')
  })

  it('changes the participant in the commit in which the agency of entry accepts', async () => {
    const task = made(await propose(abe, name, birthDate)) as Proposal
    const { version } = { version: Number(made(await es.get(`/${subject}`)).meta.versionId) }
    made(await answerBy(es, task, { status: 'completed' }))
    const patient = made(await es.get(`/${subject}`))
    assert.deepEqual(
      [patient.birthDate, patient.name[0].family, patient.gender, Number(patient.meta.versionId)],
      ['1990-08-01', 'Married', 'female', version + 1],
    )
    const [one, two] = await Promise.all([es.get(`/Task/${task.id}`), es.get(`/${subject}`)])
    assert.equal(one.headers.get('last-modified'), two.headers.get('last-modified'))
  })

  it('changes nothing when it is refused or taken back, which needs a reason, or answered by anybody else', async () => {
    for (const client of [abe, vr]) {
      const task = made(await propose(abe, birthDate)) as Proposal
      refused(await answerBy(client, task, { status: 'completed' }), 422, 'transition-illegal')
    }
    const task = made(await propose(abe, birthDate)) as Proposal
    refused(await answerBy(es, task, { status: 'rejected' }), 422, 'invariant')
    made(await answerBy(es, task, { status: 'rejected', statusReason: { text: 'Not the same person.' } }))
    const other = made(await propose(abe, birthDate)) as Proposal
    made(await answerBy(abe, other, { status: 'cancelled', statusReason: { text: 'A mistake.' } }))
    assert.equal(made(await es.get(`/${subject}`)).birthDate, '1990-01-08')
  })

  it('is refused where nothing is proposed, or a value that a participant cannot have, at its place in the body', async () => {
    refused(await propose(abe), 400, 'invalid-parameter')
    const odd = [
      { name: 'birthDate', valueDate: 'spring' },
      { name: 'gender', valueCode: 'nobody' },
      { name: 'name', valueHumanName: { use: 'official', family: 7 } },
    ]
    for (const one of odd) {
      const answer = await propose(abe, { name: 'comment', valueString: 'x' }, one)
      assert.equal(answer.status, 422, answer.text)
      for (const { expression } of answer.body.issue)
        assert.match(expression[0], /^Parameters\.parameter\[1\]\.value\w+$/)
    }
    const same = await propose(abe, { name: 'birthDate', valueDate: made(await es.get(`/${subject}`)).birthDate })
    assert.match(refused(same, 422, 'value-conflict'), /nothing to propose/)
    const later = await propose(abe, { name: 'birthDate', valueDate: '2999-01-01' })
    assert.equal(later.status, 422, 'hub-pt-2')
  })

  it('answers a stranger as if there were no such participant', async () => {
    const unknown = await dhs.post('/Patient/nobody/$propose-change', {
      resourceType: 'Parameters',
      parameter: [birthDate],
    })
    const secret = await propose(dhs, birthDate)
    assert.deepEqual([secret.status, secret.status], [404, unknown.status])
    assert.equal(secret.text.replaceAll(subject, ''), unknown.text.replaceAll('Patient/nobody', ''))
    refused(await propose(es, birthDate), 422, 'value-conflict')
  })
})
