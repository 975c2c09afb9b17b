/** At most one active success plan of a participant (hub-cp-6), on every path; and who may write what else. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { made, refused, type Client } from '../given.ts'
import {
  agreement,
  condition,
  consent,
  goal,
  labelled,
  participant,
  transaction,
  wages,
  type Body,
} from '../builders/index.ts'
import { attacked, newcomer, post, type Scene } from './scene.ts'

const SAMPLE = JSON.parse(
  readFileSync(new URL('../../samples/success-plan/valid-active.json', import.meta.url), 'utf8'),
) as Body

describe('attack / plans and ownership', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client, dhs: Client, board: Client
  let subject: string

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
  beforeEach(async () => {
    subject = await newcomer(es, 'es')
    await post(es, consent(subject, 'es', 'abe'))
  })

  const plan = async (status: string, by = 'es'): Promise<Body> => {
    const aim = await post(es, goal(subject))
    const { id: _, addresses: __, activity: ___, careTeam: ____, ...rest } = SAMPLE as Record<string, unknown>
    return {
      ...rest,
      status,
      intent: 'plan',
      subject: { reference: subject },
      author: { reference: `Organization/${by}` },
      goal: [{ reference: `Goal/${aim.id}` }],
    } as unknown as Body
  }
  const put = (client: Client, record: Body & { id?: string }, version: number, more: object = {}) =>
    client.put(`/${record.resourceType}/${String(record.id)}`, { ...record, ...more }, version)

  it('refuses a second active plan created, updated, or both in one transaction', async () => {
    await post(es, await plan('active'))
    refused(await abe.post('/CarePlan', await plan('active', 'abe')), 422, 'plan-active-exists')
    refused(await board.post('/CarePlan', await plan('active', 'board')), 422, 'plan-active-exists')
    const draft = await post(abe, await plan('draft', 'abe'))
    refused(await put(abe, draft, 1, { status: 'active' }), 422, 'plan-active-exists')
    const held = await post(es, await plan('draft'))
    refused(await es.put(`/CarePlan/${held.id}`, { ...held, status: 'active', category: [] }, 1), 422, 'element-empty')
    const subjectOfTwo = await newcomer(es, 'es')
    const two = await Promise.all([plan('active'), plan('active')])
    const entries = two.map((one) => ({
      method: 'POST',
      url: 'CarePlan',
      resource: { ...one, subject: { reference: subjectOfTwo } } as Body,
    }))
    assert.equal((await es.post('', transaction(...entries))).status, 422)
  })

  it('lets one plan take the place of another in one transaction', async () => {
    const old = await post(es, await plan('active'))
    const bundle = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        { resource: await plan('active'), request: { method: 'POST', url: 'CarePlan' } },
        {
          resource: { ...old, status: 'completed' },
          request: { method: 'PUT', url: `CarePlan/${old.id}`, ifMatch: 'W/"1"' },
        },
      ],
    }
    made(await es.post('', bundle))
  })

  it('keeps one of two plans that are activated at the same time by two agencies', async () => {
    const [mine, theirs] = [await post(es, await plan('draft')), await post(abe, await plan('draft', 'abe'))]
    scene.between(async () => made(await put(abe, theirs, 1, { status: 'active' })))
    refused(await put(es, mine, 1, { status: 'active' }), 422, 'plan-active-exists')
    const others = await Promise.all(Array.from({ length: 16 }, async () => es.post('/CarePlan', await plan('active'))))
    assert.deepEqual([...new Set(others.map(({ status }) => status))], [422])
  })

  it('does not lose the common plan to a label', async () => {
    const active = await post(es, await plan('active'))
    assert.ok((await put(es, labelled(active, 'V'), 1)).status >= 400)
    assert.ok((await put(board, labelled(active, 'V'), 1)).status >= 400)
    assert.equal((await abe.get(`/CarePlan/${active.id}`)).status, 200)
  })

  it('lets an agency neither change nor delete what another wrote, where it is not shared', async () => {
    const barrier = await post(es, condition(subject))
    made(await put(abe, barrier, 1, { note: [{ text: 'Seen.' }] }))
    refused(await abe.delete(`/Condition/${barrier.id}`), 403, 'forbidden')
    refused(await abe.delete(`/${subject}`, 1), 403, 'forbidden')
    refused(await dhs.delete(`/${subject}`, 2), 412, 'version-conflict')
    assert.equal((await es.get(`/${subject}`)).status, 200)
    for (const lookup of ['Organization', 'HealthcareService', 'Location'])
      assert.ok((await abe.post(`/${lookup}`, { resourceType: lookup, name: 'Mine' })).status >= 403, lookup)
    for (const definition of [
      'StructureDefinition',
      'CodeSystem',
      'PlanDefinition',
      'Questionnaire',
      'SearchParameter',
      'Circle',
      'Published',
    ])
      assert.ok(
        (await abe.put(`/${definition}/abe.1`, { resourceType: definition, id: 'abe.1' })).status >= 403,
        definition,
      )
    assert.ok(
      [403, 404].includes((await abe.put('/Organization/abe', { resourceType: 'Organization', id: 'abe' })).status),
    )
    refused(await abe.post('/Contract', agreement(['ui', 'abe'], '2099-01-01')), 403, 'forbidden')
  })

  it('takes wage records from the wage agency alone, however they are dressed', async () => {
    const record = wages(subject, 'ui')
    refused(await es.post('/Observation', record), 403, 'role-required')
    const dressed: Body[] = [
      {
        ...record,
        code: {
          coding: [...(record.code as { coding: object[] }).coding, { system: 'https://x.example', code: 'other' }],
        },
      } as Body,
      { ...record, code: { coding: [{ ...(record.code as { coding: object[] }).coding[0], code: 'hourly' }] } } as Body,
      { ...record, meta: {} },
    ]
    for (const one of dressed) assert.ok((await es.post('/Observation', one)).status >= 400)
    refused(
      await es.post('', transaction({ method: 'POST', url: 'Observation', resource: record })),
      403,
      'role-required',
    )
    const stored = await post(board, record)
    assert.equal((await es.get(`/Observation/${stored.id}`)).status, 404)
    assert.equal((await scene.as('ui').get(`/Observation/${stored.id}`)).status, 200)
    refused(await es.put(`/Observation/es.1`, { ...record, id: 'es.1' }), 403, 'role-required')
  })

  it('changes who keeps wages only while there are none, for the audiences of wages rest on it', async () => {
    await post(board, wages(subject, 'ui'))
    const vr = made(await board.get('/Organization/vr'))
    const role = { system: 'https://no-wrong-door.example/fhir/CodeSystem/agency-type', code: 'wage-agency' }
    refused(await board.put('/Organization/vr', { ...vr, type: [...vr.type, { coding: [role] }] }), 422, 'agency-rule')
  })

  it('knows an agency by its exact name only', async () => {
    for (const name of [
      'ES',
      'es ',
      'board,es',
      'es,board',
      'Board',
      'BOARD',
      '*',
      '../es',
      'es/../board',
      'hub',
      '__proto__',
      '%65s',
      'no-such',
    ]) {
      const { status } = await board.get('/Patient', { headers: { 'X-Agency': name } })
      assert.equal(status, name === 'es ' ? 200 : 401, name)
    }
    refused(await scene.as('es').get('/Patient', { headers: { 'X-Agency': '' } }), 401, 'unknown-agency')
  })

  it('owns meta: source, version, time and what it does not know', async () => {
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

  it('does not lower a label by any spelling', async () => {
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
      if (answer.status === 200) version += 1
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
