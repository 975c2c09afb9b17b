/** $merge where a participant denied an agency in one of two records: it is denied in the record that both become. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, referred, type Scene } from '../attack/scene.ts'
import { codeSystemAt, coded, condition, consent, denial, participation } from '../builders/index.ts'
import { made, refused, type Client } from '../given.ts'

describe('operations / $merge with denials', function () {
  this.timeout(60_000)
  let scene: Scene
  let es: Client, abe: Client, vr: Client, board: Client
  before(async () => {
    scene = await attacked()
    es = scene.as('es')
    abe = scene.as('abe')
    vr = scene.as('vr')
    board = scene.as('board')
  })
  after(() => scene.stop())

  const call = (operation: string, source: string, target: string, ...more: readonly object[]) =>
    board.post(`/Patient/$${operation}`, {
      resourceType: 'Parameters',
      parameter: [
        { name: 'source-patient', valueReference: { reference: source } },
        { name: 'target-patient', valueReference: { reference: target } },
        ...more,
      ],
    })
  const get = async (client: Client, key: string) => made(await client.get(`/${key}`))

  for (const side of ['source', 'target'] as const)
    it(`ends the consents for, and recalls the open referrals to, an agency that the other record denies (its ${side})`, async () => {
      const [source, target] = [await newcomer(es, 'es'), await newcomer(es, 'es')]
      const [denying, other] = side === 'source' ? [source, target] : [target, source]
      const { permit, task } = await referred(es, other, 'es', 'abe')
      const both = await post(es, consent(other, 'es', 'abe', { more: {} }))
      await post(es, denial(denying, 'es', 'abe'))
      const preview = made(await call('merge', source, target, { name: 'preview', valueBoolean: true }))
      assert.ok(JSON.stringify(preview).includes(`\`Task/${task.id}\` would end`))
      assert.equal((await get(es, `Task/${task.id}`)).status, 'requested')
      made(await call('merge', source, target))
      const recalled = await get(es, `Task/${task.id}`)
      assert.deepEqual([recalled.status, recalled.businessStatus.coding[0].code], ['cancelled', 'withdrawn'])
      assert.deepEqual([recalled.for.reference, recalled.meta.source], [target, 'Organization/hub'])
      for (const { id } of [permit, both]) {
        const ended = await get(es, `Consent/${id}`)
        assert.deepEqual([ended.status, ended.patient.reference], ['inactive', target])
      }
      for (const key of [source, target, `Task/${task.id}`, `Consent/${permit.id}`])
        assert.equal((await abe.get(`/${key}`)).status, 404, key)
    })

  it('does not end anything for a denial that is over, or that another agency is out by', async () => {
    const [source, target] = [await newcomer(es, 'es'), await newcomer(es, 'es')]
    const { permit, task } = await referred(es, target, 'es', 'abe')
    const over = denial(source, 'es', 'abe') as ReturnType<typeof denial> & { provision: object }
    await post(es, { ...over, provision: { ...over.provision, period: { end: '2025-12-31' } } })
    await post(es, denial(source, 'es', 'vr'))
    made(await call('merge', source, target))
    assert.equal((await get(abe, `Task/${task.id}`)).status, 'requested')
    assert.equal((await get(abe, `Consent/${permit.id}`)).status, 'active')
  })

  it('warns the board of duplicate participations that the merge brings together', async () => {
    const [source, target] = [await newcomer(es, 'es'), await newcomer(es, 'es')]
    const type = [coded(codeSystemAt('program'), 'adult')]
    const [one, other] = [
      await post(es, participation(source, 'es', { type })),
      await post(es, participation(target, 'es', { type })),
    ]
    for (const preview of [true, false]) {
      const { text } = await call('merge', source, target, { name: 'preview', valueBoolean: preview })
      assert.ok(text.includes('duplicate-service') && text.includes(one.id) && text.includes(other.id))
    }
    made(await es.change(await get(es, `EpisodeOfCare/${one.id}`), { status: 'cancelled' }))
  })

  it('says in an undo which denials were recorded since, for they stay with the target', async () => {
    const [source, target] = [await newcomer(es, 'es'), await newcomer(es, 'es')]
    const before = await post(es, denial(target, 'es', 'abe'))
    made(await call('merge', source, target))
    const since = await post(es, denial(target, 'es', 'vr'))
    const { text } = await call('undo-merge', source, target)
    assert.ok(text.includes(`Consent/${since.id}`) && !text.includes(before.id), text)
  })

  for (const side of ['source', 'target'] as const)
    it(`keeps out the agency of entry of the source, where the ${side} denies it, and leaves it its own records`, async () => {
      const [source, target] = [await newcomer(vr, 'vr'), await newcomer(es, 'es')]
      const own = await post(vr, condition(source))
      await post(vr, participation(source, 'vr'))
      const theirs = await post(es, condition(target))
      await post(es, denial(target, 'es', 'vr'))
      if (side === 'source') await post(vr, denial(source, 'vr', 'vr'))
      made(await call('merge', source, target))
      for (const key of [target, source, `Condition/${theirs.id}`])
        assert.equal((await vr.get(`/${key}`)).status, 404, key)
      made(await vr.get(`/Condition/${own.id}`))
      refused(await vr.post('/Condition', condition(target)), 422, 'reference-not-found')
      made(await call('undo-merge', source, target))
      made(await vr.get(`/${source}`))
      assert.equal((await vr.get(`/${target}`)).status, 404)
    })
})
