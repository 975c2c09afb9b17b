/** Who may know stays right when records change while a circle changes. */
import assert from 'node:assert/strict'
import { made, OVER_STORES } from '../given.ts'
import { agreement, condition, consent, labelled, participation, wages } from '../builders/index.ts'
import { attackedOver, newcomer, post, type Scene } from './scene.ts'

for (const kind of OVER_STORES)
  describe(`attack / audiences / ${kind}`, function () {
    this.timeout(30_000)
    let scene: Scene
    before(async () => {
      scene = await attackedOver(kind)
    })
    after(() => scene.stop())

    const statusFor = async (agency: string, key: string) => (await scene.as(agency).get(`/${key}`)).status

    it('shows a record that was created while a consent was being recorded to the one that the consent names', async () => {
      const es = scene.as('es')
      const subject = await newcomer(es, 'es')
      let barrier = ''
      scene.between(async () => {
        barrier = `Condition/${(await post(es, condition(subject))).id}`
      })
      await post(es, consent(subject, 'es', 'abe'))
      assert.equal(await statusFor('abe', barrier), 200)
    })

    it('hides a record that was created while the consent was being revoked', async () => {
      const es = scene.as('es')
      const subject = await newcomer(es, 'es')
      const permit = await post(es, consent(subject, 'es', 'abe'))
      let barrier = ''
      scene.between(async () => {
        barrier = `Condition/${(await post(es, condition(subject))).id}`
      })
      made(await es.put(`/Consent/${permit.id}`, { ...permit, status: 'inactive' }))
      assert.equal(await statusFor('abe', barrier), 404)
    })

    it('does not open a record that is labelled while a consent is being recorded', async () => {
      const es = scene.as('es')
      const subject = await newcomer(es, 'es')
      const barrier = await post(es, condition(subject))
      scene.between(async () => made(await es.put(`/Condition/${barrier.id}`, labelled(barrier, 'V'))))
      await post(es, consent(subject, 'es', 'abe'))
      assert.equal(await statusFor('abe', `Condition/${barrier.id}`), 404)
    })

    it('does not show a record again that is deleted and restored around a revocation', async () => {
      const es = scene.as('es')
      const subject = await newcomer(es, 'es')
      const permit = await post(es, consent(subject, 'es', 'abe'))
      const barrier = await post(es, condition(subject))
      scene.between(async () => {
        assert.equal((await es.delete(`/Condition/${barrier.id}`)).status, 204)
      })
      made(await es.put(`/Consent/${permit.id}`, { ...permit, status: 'inactive' }))
      assert.equal(await statusFor('abe', `Condition/${barrier.id}`), 404)
    })

    it('closes the circle when the last two consents are revoked at the same time', async () => {
      const es = scene.as('es')
      const subject = await newcomer(es, 'es')
      const [one, other] = [
        await post(es, consent(subject, 'es', 'abe')),
        await post(es, consent(subject, 'es', 'abe')),
      ]
      const revoke = async (permit: typeof one) =>
        made(await es.put(`/Consent/${permit.id}`, { ...permit, status: 'inactive' }))
      scene.between(() => revoke(other))
      await revoke(one)
      assert.equal(await statusFor('abe', subject), 404)
    })

    it('closes the circle when a consent is revoked and a participation ended at the same time', async () => {
      const [es, abe] = [scene.as('es'), scene.as('abe')]
      const subject = await newcomer(es, 'es')
      const permit = await post(es, consent(subject, 'es', 'abe'))
      const episode = await post(abe, participation(subject, 'abe'))
      scene.between(async () => made(await es.put(`/Consent/${permit.id}`, { ...permit, status: 'inactive' })))
      const over = { status: 'finished', period: { start: '2026-01-05', end: '2026-02-01' } }
      made(await abe.put(`/EpisodeOfCare/${episode.id}`, { ...episode, ...over }))
      assert.equal(await statusFor('abe', subject), 404)
    })

    it('does not open wages when the agreement ends while the consent is recorded, nor the other way round', async () => {
      const [es, board] = [scene.as('es'), scene.as('board')]
      for (const first of ['consent', 'agreement']) {
        const subject = await newcomer(es, 'es')
        const wage = `Observation/${(await post(board, wages(subject, 'ui'))).id}`
        const terms = await post(board, agreement(['ui', 'abe'], '2099-01-01'))
        const end = async () => made(await board.put(`/Contract/${terms.id}`, { ...terms, status: 'terminated' }))
        const permit = () => post(board, consent(subject, 'es', 'abe', { classes: ['wages'] }))
        const [during, last] = first === 'consent' ? [permit, end] : [end, permit]
        scene.between(during)
        await last()
        assert.equal(await statusFor('abe', wage), 404, `${first} first`)
      }
    })

    it('gives every record the right audience after 16 changes of one participant at once', async () => {
      const es = scene.as('es')
      const names = ['abe', 'vr', 'dhs', 'college']
      const subject = await newcomer(es, 'es')
      const permits = await Promise.all(names.map((name) => post(es, consent(subject, 'es', name))))
      const episode = await post(scene.as('vr'), participation(subject, 'vr'))
      const barriers = await Promise.all([0, 1, 2, 3].map(() => post(es, condition(subject))))
      const revoked = permits.slice(0, 2).map((one) => es.put(`/Consent/${one.id}`, { ...one, status: 'inactive' }))
      const labelling = es.put(`/Condition/${barriers[0].id}`, labelled(barriers[0], 'V'))
      const deleting = es.delete(`/Condition/${barriers[1].id}`)
      const adding = Array.from({ length: 10 }, () => es.post('/Condition', condition(subject)))
      const joining = es.post('/Consent', consent(subject, 'es', 'youth-north'))
      const leaving = scene.as('vr').put(`/EpisodeOfCare/${episode.id}`, { ...episode, status: 'onhold' })
      const answers = await Promise.all([...revoked, labelling, deleting, ...adding, joining, leaving])
      assert.deepEqual([...new Set(answers.map(({ status }) => status))].sort(), [200, 201, 204])

      // abe lost its consent; vr lost its consent and takes part; dhs and college kept theirs; youth-north got one.
      const knows = { es: true, abe: false, vr: true, dhs: true, college: true, 'youth-north': true }
      const added = answers.slice(4, 14).map(({ body }) => `Condition/${body.id}`)
      for (const [agency, may] of Object.entries(knows)) {
        for (const key of [subject, ...barriers.slice(2).map((one) => `Condition/${one.id}`), ...added])
          assert.equal(await statusFor(agency, key), may ? 200 : 404, `${agency} ${key}`)
        assert.equal(
          await statusFor(agency, `Condition/${barriers[1].id}`),
          may ? 410 : 404,
          `${agency}, the deleted one`,
        )
        assert.equal(await statusFor(agency, `Condition/${barriers[0].id}`), agency === 'es' ? 200 : 404)
      }
    })
  })
