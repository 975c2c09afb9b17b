/** At most one active success plan of a participant (hub-cp-6), on every path. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { made, refused, type Client } from '../../given.ts'
import { consent, goal, labelled, transaction, type Body } from '../../builders/index.ts'
import { attacked, newcomer, post, type Scene } from '../../attack/scene.ts'

const SAMPLE = JSON.parse(
  readFileSync(new URL('../../../samples/success-plan/valid-active.json', import.meta.url), 'utf8'),
) as Body

describe('write / rules / plan', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client, board: Client
  let subject: string

  before(async () => {
    scene = await attacked()
    ;[es, abe, board] = [scene.as('es'), scene.as('abe'), scene.as('board')] as [Client, Client, Client]
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
})
