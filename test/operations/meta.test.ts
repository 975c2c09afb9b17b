/** $meta, $meta-add, $meta-delete: profiles, tags and labels of records; a label that is taken off opens the record. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, referred, type Scene } from '../attack/scene.ts'
import {
  codeSystemAt,
  condition,
  consent,
  labelled,
  plan,
  goal,
  profileAt,
  subscription,
  wages,
  type Body,
} from '../builders/index.ts'
import { given, made, refused, type Client } from '../given.ts'

const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const TAG = { system: 'https://example.org/tags', code: 'to-check' }
const DISABILITY = { system: codeSystemAt('restricted-class'), code: 'disability' }
const RESTRICTED = { system: CONFIDENTIALITY, code: 'R' }

describe('operations / $meta', function () {
  this.timeout(60_000)
  let scene: Scene
  let es: Client, abe: Client, ui: Client, board: Client
  before(async () => {
    scene = await attacked({ HUB_LOOPBACK_ENDPOINTS: 'true' })
    ;[es, abe, ui, board] = ['es', 'abe', 'ui', 'board'].map((agency) => scene.as(agency)) as [
      Client,
      Client,
      Client,
      Client,
    ]
  })
  after(() => scene.stop())

  const parametersOf = (meta: object): Body => ({
    resourceType: 'Parameters',
    parameter: [{ name: 'meta', valueMeta: meta as never }],
  })
  const call = (client: Client, key: string, operation: string, meta: object) =>
    client.post(`/${key}/$${operation}`, parametersOf(meta))
  const metaIn = (answer: Parameters<typeof made>[0]) => made(answer).parameter[0].valueMeta
  /** A barrier of es with a label, about a participant whom abe may know, too. */
  async function secret(): Promise<{ readonly subject: string; readonly key: string }> {
    const subject = await newcomer(es, 'es')
    await post(es, consent(subject, 'es', 'abe'))
    const { id } = await post(es, labelled(condition(subject), 'disability'))
    return { subject, key: `Condition/${id}` }
  }

  it('answers Parameters without a parameter where no record has profiles, tags or labels', async () => {
    const hub = await given({ HUB_RULES: 'open', HUB_SEED: 'none' })
    try {
      assert.deepEqual(made(await hub.as(undefined).get('/Encounter/$meta')), { resourceType: 'Parameters' })
    } finally {
      await hub.stop()
    }
  })

  it('answers the Meta of a record that the caller may know, and of all such records of a type and of the hub', async () => {
    const { key } = await secret()
    const meta = metaIn(await es.get(`/${key}/$meta`))
    assert.deepEqual([meta.versionId, meta.security.length], ['1', 2])
    refused(await abe.get(`/${key}/$meta`), 404, 'not-found')
    refused(await abe.get('/Condition/nobody/$meta'), 404, 'not-found')
    const codes = async (client: Client, path: string): Promise<readonly string[]> => {
      const { parameter = [] } = made(await client.get(path))
      return (parameter[0]?.valueMeta.security ?? []).map(({ code }: { code: string }) => code)
    }
    assert.deepEqual(await codes(es, '/Condition/$meta'), ['R', 'disability'])
    assert.deepEqual(await codes(abe, '/Condition/$meta'), [])
    assert.ok((await codes(es, '/$meta')).includes('disability'))
    assert.ok(!(await codes(abe, '/$meta')).includes('disability'))
    assert.ok(metaIn(await board.get('/Organization/$meta')).profile.includes(profileAt('hub-agency')))
    refused(await es.get('/Nothing/$meta'), 404, 'unknown-type')
  })

  it('adds and takes off tags and profiles, as one new version with the rest unchanged, of any type', async () => {
    const subject = await newcomer(es, 'es')
    const aim = await post(es, goal(subject))
    const active = await post(es, plan('es', subject, `Goal/${aim.id}`))
    const { task } = await referred(es, subject, 'es', 'abe')
    for (const key of [subject, `Goal/${aim.id}`, `CarePlan/${active.id}`, `Task/${task.id}`]) {
      const { meta: _, lastModified: _m, ...before } = made(await es.get(`/${key}`))
      assert.deepEqual(metaIn(await call(es, key, 'meta-add', { tag: [TAG] })).tag, [TAG], key)
      const again = metaIn(await call(es, key, 'meta-add', { tag: [{ ...TAG, display: 'Again' }] }))
      assert.deepEqual([again.versionId, again.tag], ['2', [TAG]], 'nothing to add makes no version')
      assert.equal(metaIn(await call(es, key, 'meta-delete', { tag: [TAG] })).tag, undefined)
      const { meta: __, lastModified: __m, ...after } = made(await es.get(`/${key}`))
      assert.deepEqual(after, before)
    }
    const profiled = metaIn(await call(es, `Goal/${aim.id}`, 'meta-add', { profile: [profileAt('hub-goal')] }))
    assert.deepEqual(profiled.profile, [profileAt('hub-goal')])
    refused(await call(es, `Goal/${aim.id}`, 'meta-add', { profile: [profileAt('hub-plan')] }), 422, 'profile-unknown')
  })

  it('opens a record when its label is taken off, at once and on every path, with an event', async () => {
    const { subject, key } = await secret()
    const hook = { topic: 'barrier-updated', content: 'full-resource' as const }
    const own = made(await abe.post('/Subscription', subscription('http://127.0.0.1:9/hook', hook)))
    const meta = metaIn(await call(es, key, 'meta-delete', { security: [DISABILITY] }))
    assert.deepEqual([meta.security, meta.versionId], [undefined, '2'])
    made(await abe.get(`/${key}`))
    assert.equal(made(await abe.get(`/Condition?patient=${subject}&_total=accurate`)).total, 1)
    assert.ok((await abe.get(`/${subject}/$everything`)).text.includes(key))
    assert.equal(made(await abe.get(`/${key}/_history`)).total, 1, 'the labelled version stays closed')
    refused(await abe.get(`/${key}/_history/1`), 404, 'not-found')
    for (let tries = 0; tries < 200; tries += 1) {
      if ((await abe.get(`/Subscription/${own.id}/$events`)).text.includes(key)) return
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.fail('no event')
  })

  it('closes it again when a label is added, by the agency that created it alone', async () => {
    const { key } = await secret()
    await call(es, key, 'meta-delete', { security: [DISABILITY] })
    refused(await call(abe, key, 'meta-add', { security: [RESTRICTED, DISABILITY] }), 403, 'forbidden')
    made(await call(es, key, 'meta-add', { security: [RESTRICTED, DISABILITY] }))
    refused(await abe.get(`/${key}`), 404, 'not-found')
    refused(await call(abe, key, 'meta-delete', { security: [DISABILITY] }), 404, 'not-found')
  })

  it('takes no label off for another agency that knows the record, nor one that a rule sets', async () => {
    const { subject, key } = await secret()
    await post(es, consent(subject, 'es', 'abe', { classes: ['disability'] }))
    refused(await call(abe, key, 'meta-delete', { security: [DISABILITY] }), 403, 'forbidden')
    made(await call(abe, key, 'meta-add', { tag: [TAG] }))
    await post(es, consent(subject, 'es', 'ui'))
    const wage = await post(ui, wages(subject, 'ui'))
    const label = { ...DISABILITY, code: 'wages' }
    assert.equal((await call(ui, `Observation/${wage.id}`, 'meta-delete', { security: [label] })).status, 422)
  })

  it('refuses a Meta with anything else, none at all, an old version, and a type that is not updated', async () => {
    const { key } = await secret()
    for (const meta of [{ versionId: '7' }, { tag: TAG }, {}, { source: 'Organization/vr' }])
      assert.equal((await call(es, key, 'meta-add', meta)).status, 400, JSON.stringify(meta))
    refused(await es.post(`/${key}/$meta-add`, { resourceType: 'Parameters' }), 400, 'invalid-parameter')
    made(await call(es, key, 'meta-add', { tag: [TAG] }))
    const old = { headers: { 'If-Match': 'W/"1"' } }
    refused(await es.post(`/${key}/$meta-delete`, parametersOf({ tag: [TAG] }), old), 412, 'version-conflict')
    refused(await es.get(`/${key}/$meta-add`), 405, 'method-not-allowed')
    refused(await board.post('/AuditEvent/x/$meta-add', parametersOf({ tag: [TAG] })), 404, 'unknown-address')
  })
})
