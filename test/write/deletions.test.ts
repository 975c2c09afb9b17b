/** Who deletes a participant, and which participant is never deleted. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, referred, type Scene } from '../attack/scene.ts'
import { consent, labelled, referral, transaction } from '../builders/index.ts'
import { refused, type Client } from '../given.ts'

describe('write / deletions / of a participant', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client, vr: Client, board: Client
  let subject: string

  before(async () => {
    scene = await attacked()
    ;[es, abe, vr] = ['es', 'abe', 'vr'].map((agency) => scene.as(agency)) as [Client, Client, Client]
    board = scene.as('board')
  })
  after(() => scene.stop())
  beforeEach(async () => {
    subject = await newcomer(es, 'es')
  })

  it('is the board’s alone: everybody else gets one answer, whatever there is, on every way', async () => {
    await post(es, consent(subject, 'es', 'abe'))
    const { task } = await referred(es, await newcomer(es, 'es'), 'es', 'vr')
    const busy = String(task.for.reference)
    const gone = await newcomer(es, 'es')
    assert.equal((await board.delete(`/${gone}`, 1)).status, 204)
    const keys = [subject, busy, gone, 'Patient/nobody', 'Patient/es.1', 'Patient/abe.1']
    for (const [name, client] of Object.entries({ es, abe, vr })) {
      const texts = new Set<string>()
      for (const key of keys) {
        for (const version of [undefined, 1, 7]) {
          const answer = await client.delete(`/${key}`, version)
          refused(answer, 403, 'forbidden')
          texts.add(answer.text)
        }
      }
      assert.equal(texts.size, 1, [...texts].join('\n'))
      const inBundle = new Set<string>()
      for (const url of keys) {
        const answer = await client.post('', transaction({ method: 'DELETE', url }))
        refused(answer, 403, 'forbidden')
        inBundle.add(answer.text)
        const batch = await client.post('', { ...transaction({ method: 'DELETE', url }), type: 'batch' })
        assert.ok(String(batch.body.entry[0].response.status).startsWith('403'), name)
      }
      assert.equal(inBundle.size, 1)
    }
    assert.equal((await es.get(`/${subject}`)).status, 200)
  })

  it('is refused to who knows the participant by a condition as well, which finds nobody else', async () => {
    await post(es, consent(subject, 'es', 'abe'))
    for (const client of [es, abe]) refused(await client.delete(`/Patient?_id=${subject.slice(8)}`), 403, 'forbidden')
    for (const id of [subject.slice(8), 'nobody']) assert.equal((await vr.delete(`/Patient?_id=${id}`)).status, 204)
    for (const client of [es, board]) assert.equal((await client.get(`/${subject}`)).status, 200)
  })

  it('is refused to the board where there is a referral, seen by it or not, also one that comes in between', async () => {
    refused(await board.delete(`/${subject}`), 428, 'version-required')
    const busy = await newcomer(es, 'es')
    await post(es, consent(busy, 'es', 'abe'))
    const hidden = await es.post('/ServiceRequest', labelled(referral(busy, 'es', 'abe'), 'disability'))
    assert.equal(hidden.status, 201, hidden.text)
    refused(await board.get(`/ServiceRequest/${hidden.body.id}`), 404, 'not-found')
    assert.ok(refused(await board.delete(`/${busy}`, 1), 409, 'reference-in-use').includes('$merge'))

    const other = await newcomer(es, 'es')
    scene.between(() => referred(es, other, 'es', 'abe'))
    refused(await board.delete(`/${other}`, 1), 409, 'reference-in-use')
  })

  it('works for the board where there is nothing', async () => {
    const none = await newcomer(es, 'es')
    assert.equal((await board.delete(`/${none}`, 1)).status, 204)
    assert.equal((await es.get(`/${none}`)).status, 410)
  })
})
