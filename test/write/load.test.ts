/** What the hub owns of a record that is written: its meta, and labels of restriction that are not lowered. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, type Scene } from '../attack/scene.ts'
import { condition, consent, labelled, participant } from '../builders/index.ts'
import { made, type Client } from '../given.ts'

describe('write / load', function () {
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

  it('keeps source, version and time of meta to the hub, and refuses what meta does not have', async () => {
    const sent = {
      ...participant('es'),
      meta: {
        source: 'Organization/abe',
        versionId: '99',
        lastUpdated: '1999-01-01T00:00:00Z',
        tag: [{ system: 'https://x.example', code: 'abe' }],
      },
    }
    const { meta } = made(await es.post('/Patient', sent))
    assert.deepEqual([meta.source, meta.versionId], ['Organization/es', '1'])
    for (const odd of [
      'text',
      7,
      [],
      [{}],
      { security: 'V' },
      { security: {} },
      { security: [null] },
      { security: ['V'] },
      { profile: {} },
      { tag: 'x' },
      { bogus: 1 },
    ]) {
      const answer = await es.post('/Patient', { ...participant('es'), meta: odd })
      assert.equal(answer.status, 422, `${JSON.stringify(odd)}: ${answer.status}`)
      const barrier = await post(es, labelled(condition(subject), 'rehabilitation'))
      const changed = await es.put(`/Condition/${barrier.id}`, { ...barrier, meta: odd })
      assert.equal(changed.status, 422, `${JSON.stringify(odd)} on update: ${changed.status}`)
    }
  })

  it('lowers a label of restriction by no spelling', async () => {
    const barrier = await post(es, labelled(condition(subject), 'rehabilitation'))
    const labels = barrier.meta.security as { system: string; code: string }[]
    const spellings = [
      undefined,
      [],
      [labels[0]],
      [labels[1]],
      labels.map((one) => ({ ...one, system: `${one.system}/` })),
      labels.map(({ code }) => ({ code })),
    ]
    let version = 1
    for (const security of spellings) {
      const answer = await es.put(
        `/Condition/${barrier.id}`,
        { ...barrier, meta: security ? { security } : {} },
        version,
      )
      if (answer.status === 200) version = Number(answer.body.meta.versionId)
      assert.ok([200, 422].includes(answer.status), answer.text)
      assert.equal((await abe.get(`/Condition/${barrier.id}`)).status, 404, JSON.stringify(security))
    }
    assert.equal((await es.delete(`/Condition/${barrier.id}`, version)).status, 204)
    const { meta: _, ...plain } = barrier
    made(await es.put(`/Condition/${barrier.id}`, plain))
    assert.equal((await abe.get(`/Condition/${barrier.id}`)).status, 404)
    assert.equal((await abe.get(`/Condition/${barrier.id}/_history/1`)).status, 404)
  })
})
