/** Ways into the circle of a participant, and ways to lock others out of it. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, referred, type Scene } from '../attack/scene.ts'
import { condition, consent, labelled, participation, referral, transaction, type Body } from '../builders/index.ts'
import { made, refused, type Client } from '../given.ts'

describe('attack / the circle', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client, dhs: Client, board: Client
  let subject: string

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
  beforeEach(async () => {
    subject = await newcomer(es, 'es')
    await post(es, consent(subject, 'es', 'abe'))
  })

  it('gives a stranger no way in', async () => {
    const attempts: Body[] = [
      participation(subject, 'dhs'),
      consent(subject, 'dhs', 'dhs'),
      { ...referral(subject, 'dhs', 'abe') },
      condition(subject),
      participation(`${subject}/_history/1`, 'dhs'),
      participation(`${scene.url}/${subject}`, 'dhs'),
    ]
    for (const body of attempts) {
      refused(await dhs.post(`/${body.resourceType}`, body), 422, 'reference-not-found')
      const wrapped = transaction({
        method: 'POST',
        url: body.resourceType,
        resource: body,
        fullUrl: `${scene.url}/${subject}`,
      })
      assert.ok((await dhs.post('', wrapped)).status >= 400)
      const under = { ...body, id: 'dhs.1' }
      refused(await dhs.put(`/${body.resourceType}/dhs.1`, under), 422, 'reference-not-found')
    }
    assert.equal((await dhs.get(`/${subject}`)).status, 404)
  })

  it('lets nobody lock the others out of a participant or a referral by a label', async () => {
    const { task: sent } = await referred(es, subject, 'es', 'abe')
    const patient = made(await abe.get(`/${subject}`))
    const answer = await abe.put(`/${subject}`, labelled(patient, 'V'), 1)
    refused(answer, 403, 'forbidden')
    refused(await abe.put(`/Task/${sent.id}`, labelled(sent, 'V'), 1), 403, 'forbidden')
    assert.equal((await board.get(`/${subject}`)).status, 200)
  })
})
