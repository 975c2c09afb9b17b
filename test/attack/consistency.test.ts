/** What others knew after a record, a party or two circles at once change; and referrals made by the operation. */
import assert from 'node:assert/strict'
import { made, refused, type Client } from '../given.ts'
import {
  agreement,
  business,
  condition,
  consent,
  goal,
  participant,
  participation,
  referral,
  task,
  transaction,
  wages,
  type Body,
} from '../builders/index.ts'
import { attacked, newcomer, post, referred, type Scene } from './scene.ts'

type Stored = Body & { readonly id: string }

describe('attack / consistency', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client, dhs: Client, board: Client
  before(async () => {
    scene = await attacked()
    ;[es, abe, dhs, board] = ['es', 'abe', 'dhs', 'board'].map((one) => scene.as(one)) as [
      Client,
      Client,
      Client,
      Client,
    ]
  })
  after(() => scene.stop())
  const status = async (client: Client, key: string) => (await client.get(`/${key}`)).status

  it('moves two circles in one transaction, each by its own records only', async () => {
    const [one, two] = [await newcomer(es, 'es'), await newcomer(es, 'es')]
    const [mine, theirs] = [await post(es, condition(one)), await post(es, condition(two))]
    const permit = await post(es, consent(two, 'es', 'abe'))
    const answer = await es.post(
      '',
      transaction(
        { method: 'POST', url: 'Consent', resource: consent(one, 'es', 'abe') },
        { method: 'PUT', url: `Consent/${permit.id}`, resource: { ...permit, status: 'inactive' } },
        { method: 'POST', url: 'Goal', resource: goal(two) },
      ),
    )
    made(answer)
    assert.deepEqual(
      await Promise.all(
        [one, two, `Condition/${mine.id}`, `Condition/${theirs.id}`, `Goal/${answer.body.entry[2].resource.id}`].map(
          (key) => status(abe, key),
        ),
      ),
      [200, 404, 200, 404, 404],
    )
  })

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

  it('takes two Tasks of one referral to two agencies, and both end when it is revoked', async () => {
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
    const [first] = entry.map((one: { resource: Stored }) => one.resource)
    made(await abe.put(`/Task/${first.id}`, { ...first, status: 'accepted', ...business('accepted') }))
    made(await es.put(`/${focus}`, { ...request, status: 'revoked' }))
    for (const { resource } of entry) assert.equal(made(await es.get(`/Task/${resource.id}`)).status, 'cancelled')
  })

  it('does not send a new Task in the transaction that revokes its referral', async () => {
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

  it('lets the circle of a deleted participant know no more than it did', async () => {
    const subject = await newcomer(es, 'es')
    await post(es, consent(subject, 'es', 'abe'))
    const barrier = await post(es, condition(subject))
    assert.equal((await es.delete(`/${subject}`, 1)).status, 204)
    assert.deepEqual(
      [await status(es, subject), await status(abe, subject), await status(dhs, subject)],
      [410, 410, 404],
    )
    assert.deepEqual(
      [await status(es, `Condition/${barrier.id}`), await status(dhs, `Condition/${barrier.id}`)],
      [200, 404],
    )
    refused(await dhs.put(`/${subject}`, { ...participant('dhs'), id: subject.split('/')[1] }), 403, 'id-not-yours')
    refused(await abe.put(`/${subject}`, { ...participant('abe'), id: subject.split('/')[1] }), 403, 'forbidden')
    refused(await abe.post('/Condition', condition(subject)), 422, 'reference-not-found')
  })

  it('closes what a deleted consent, a finished participation and a terminated agreement had opened', async () => {
    const subject = await newcomer(es, 'es')
    const permit = await post(es, consent(subject, 'es', 'abe', { classes: ['wages'] }))
    const episode = await post(abe, participation(subject, 'abe'))
    const wage = `Observation/${(await post(board, wages(subject, 'ui'))).id}`
    const terms = await post(board, agreement(['ui', 'abe'], '2099-01-01'))
    assert.equal(await status(abe, wage), 200)
    made(await board.put(`/Contract/${terms.id}`, { ...terms, status: 'terminated' }))
    assert.equal(await status(abe, wage), 404)
    made(await board.put(`/Contract/${terms.id}`, { ...terms, status: 'executed' }))
    assert.equal(await status(abe, wage), 200)
    assert.equal((await board.delete(`/Contract/${terms.id}`)).status, 204)
    assert.equal(await status(abe, wage), 404)
    assert.equal((await es.delete(`/Consent/${permit.id}`)).status, 204)
    assert.equal(await status(abe, subject), 200)
    made(
      await abe.put(`/EpisodeOfCare/${episode.id}`, {
        ...episode,
        status: 'finished',
        period: { start: '2026-01-05', end: '2026-02-01' },
      }),
    )
    assert.equal(await status(abe, subject), 404)
  })

  it('refuses an agency that the board has deactivated, and shows it again when it is active again', async () => {
    const subject = await newcomer(es, 'es')
    await post(es, consent(subject, 'es', 'youth-coast'))
    const youth = scene.as('youth-coast')
    const agency = made(await board.get('/Organization/youth-coast'))
    assert.equal(await status(youth, subject), 200)
    made(await board.put('/Organization/youth-coast', { ...agency, active: false }))
    refused(await youth.get(`/${subject}`), 401, 'unknown-agency')
    made(await board.put('/Organization/youth-coast', agency))
    assert.equal(await status(youth, subject), 200)
  })

  it('refers only in the caller’s name, to another, somebody who agreed, for what there is', async () => {
    const subject = await newcomer(es, 'es')
    const other = await referred(es, await newcomer(es, 'es'), 'es', 'abe')
    const refer = (client: Client, ...more: readonly object[]) =>
      client.post(`/${subject}/$refer`, {
        resourceType: 'Parameters',
        parameter: [{ name: 'service', valueCode: 'program-referral-coordination' }, ...more],
      })
    const to = (agency: string) => ({ name: 'performer', valueReference: { reference: `Organization/${agency}` } })
    refused(await refer(es, to('abe')), 422, 'consent-missing')
    refused(await refer(es, to('es')), 422, 'referral-rule')
    refused(await refer(dhs, to('abe')), 404, 'not-found')
    await post(es, consent(subject, 'es', 'abe'))
    refused(await refer(es, to('no-such')), 422, 'consent-missing')
    for (const odd of ['Patient/1', 'https://elsewhere.example/fhir/Organization/abe', 'abe', '', '#x']) {
      const answer = await refer(es, { name: 'performer', valueReference: { reference: odd } })
      assert.ok(answer.status >= 400 && answer.status < 500, `${odd}: ${answer.status} ${answer.text.slice(0, 400)}`)
    }
    refused(await refer(es, to('abe'), { name: 'priority', valueCode: '__proto__' }), 400, 'invalid-parameter')
    refused(
      await refer(es, to('abe'), { name: 'reason', valueReference: { reference: 'Condition/no-such' } }),
      422,
      'reference-not-found',
    )
    assert.equal(
      (await refer(es, to('abe'), { name: 'partOf', valueReference: { reference: `Task/${other.task.id}` } })).status,
      422,
      'a referral of another participant',
    )
    const numbered = await Promise.all(
      Array.from({ length: 8 }, () => refer(es, to('abe'), { name: 'identifier', valueString: 'R-1' })),
    )
    assert.equal(new Set(numbered.map((answer) => made(answer).entry[1].resource.id)).size, 1)
    assert.equal(made(await es.get(`/Task?patient=${subject}&_total=accurate`)).total, 1)
  })

  it('takes no record whose parts belong to another participant', async () => {
    const [mine, other] = [await newcomer(es, 'es'), await newcomer(es, 'es')]
    const foreign = await post(es, goal(other))
    const barrier = await post(es, condition(other))
    const plan = {
      resourceType: 'CarePlan',
      status: 'active',
      intent: 'plan',
      category: [
        { coding: [{ system: 'https://no-wrong-door.example/fhir/CodeSystem/plan-category', code: 'success-plan' }] },
      ],
      subject: { reference: mine },
      created: '2026-03-01',
      author: { reference: 'Organization/es' },
      goal: [{ reference: `Goal/${foreign.id}` }],
    }
    assert.equal((await es.post('/CarePlan', plan)).status, 422)
    assert.equal(
      (await es.post('/Goal', { ...goal(mine), addresses: [{ reference: `Condition/${barrier.id}` }] })).status,
      422,
    )
    await post(es, consent(mine, 'es', 'abe'))
    const permit = await post(es, consent(other, 'es', 'abe'))
    const request = { ...referral(mine, 'es', 'abe'), supportingInfo: [{ reference: `Consent/${permit.id}` }] }
    assert.equal((await es.post('/ServiceRequest', request)).status, 422)
  })
})
