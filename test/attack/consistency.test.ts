/** What others knew after a record, a party or two circles at once change; and referrals made by the operation. */
import assert from 'node:assert/strict'
import { made, refused, type Client } from '../given.ts'
import {
  agreement,
  condition,
  consent,
  goal,
  labelled,
  participant,
  participation,
  referral,
  transaction,
  wages,
} from '../builders/index.ts'
import { attacked, newcomer, post, type Scene } from './scene.ts'

describe('attack / consistency', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client, dhs: Client, board: Client
  before(async () => {
    scene = await attacked()
    ;[es, abe, dhs, board] = [scene.as('es'), scene.as('abe'), scene.as('dhs'), scene.as('board')] as [
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

  it('lets the circle of a deleted participant know no more than it did', async () => {
    const subject = await newcomer(es, 'es')
    // The board, which deletes, sees none of what refers to the participant: what it sees, it would have to delete first.
    const permit = await post(es, consent(subject, 'es', 'abe'))
    await post(abe, labelled(participation(subject, 'abe'), 'V'))
    assert.equal((await es.delete(`/Consent/${permit.id}`)).status, 204)
    const barrier = await post(es, labelled(condition(subject), 'V'))
    assert.equal((await board.delete(`/${subject}`, 1)).status, 204)
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
    const permit = await post(board, consent(subject, 'es', 'abe', { classes: ['wages'] }))
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
    assert.equal((await board.delete(`/Consent/${permit.id}`)).status, 204)
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
