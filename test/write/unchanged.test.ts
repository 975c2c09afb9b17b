/** An update that changes nothing makes no version and no event. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, referred, type Scene } from '../attack/scene.ts'
import { condition, consent, goal, participant, transaction, wages, type Body } from '../builders/index.ts'
import { made, refused, type Answer, type Client } from '../given.ts'

type VersionedBody = Body & { readonly id: string; readonly meta: { readonly versionId: string } }

describe('write / unchanged', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client, board: Client
  before(async () => {
    scene = await attacked()
    ;[es, abe, board] = ['es', 'abe', 'board'].map((one) => scene.as(one)) as [Client, Client, Client]
  })
  after(() => scene.stop())

  const version = async (client: Client, { resourceType, id }: VersionedBody): Promise<string> =>
    made(await client.get(`/${resourceType}/${id}`)).meta.versionId
  const put = (client: Client, body: object, stored: VersionedBody, match = stored.meta.versionId) =>
    client.put(`/${stored.resourceType}/${stored.id}`, { ...body, id: stored.id }, match)

  /** 200 with the current version, and nothing was committed. */
  async function assertUnchanged(send: () => Promise<Answer>, stored: VersionedBody): Promise<void> {
    const before = await scene.store.last()
    const answer = await send()
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.headers.get('etag'), `W/"${stored.meta.versionId}"`)
    assert.deepEqual(answer.body, made(await es.get(`/${stored.resourceType}/${stored.id}`)))
    assert.equal(await version(es, stored), stored.meta.versionId)
    const since = (await scene.store.feed(before, 100)).flatMap((commit) => commit.versions)
    assert.deepEqual(since, [])
  }

  it('answers 200 with the current version, its ETag and its body, and commits nothing', async () => {
    const stored = await post(es, participant('es', { ssn: '219-09-9999' }))
    await assertUnchanged(() => put(es, stored, stored), stored)
  })

  it('holds for what was first sent, without what the hub added', async () => {
    const body = participant('es')
    const stored = await post(es, body)
    await assertUnchanged(() => put(es, body, stored), stored)
    const permit = consent(`Patient/${stored.id}`, 'es', 'abe')
    const kept = await post(es, permit)
    await assertUnchanged(() => put(es, permit, kept), kept)
  })

  it('does not count the order of properties, nor the time at which the hub last touched a Task', async () => {
    const { task } = await referred(es, await newcomer(es, 'es'), 'es', 'abe')
    const reversed = Object.fromEntries(Object.entries(task).reverse())
    await assertUnchanged(() => put(es, { ...reversed, lastModified: '2026-02-02T00:00:00Z' }, task), task)
    await assertUnchanged(() => put(abe, task, task), task)
  })

  it('counts the digits of a number', async () => {
    const body = wages(await newcomer(board, 'board'), 'ui')
    const text = (value: string, id?: string) =>
      JSON.stringify({ ...body, ...(id ? { id } : {}) }).replace('"value":4200', `"value":${value}`)
    const stored = made(await board.post('/Observation', text('4200.50')))
    const path = `/Observation/${stored.id}`
    const same = await board.put(path, text('4200.50', stored.id))
    assert.equal(same.headers.get('etag'), 'W/"1"')
    assert.match(same.text, /4200\.50/)
    const other = await board.put(path, text('4200.5', stored.id))
    assert.equal(other.headers.get('etag'), 'W/"2"')
    assert.equal((await board.put(path, text('4200.50', stored.id))).headers.get('etag'), 'W/"3"')
  })

  it('counts a label, a tag and a profile', async () => {
    const stored = await post(es, condition(await newcomer(es, 'es')))
    const tag = [{ system: 'https://example.org/tags', code: 'y' }]
    const tagged = made(await put(es, { ...stored, meta: { ...stored.meta, tag } }, stored))
    assert.equal(tagged.meta.versionId, '2')
    made(await put(es, { ...tagged, meta: undefined }, tagged))
    assert.equal(await version(es, stored), '3')
  })

  it('counts another social security number with the same last four digits', async () => {
    const stored = await post(es, participant('es', { ssn: '219-09-1234' }))
    await assertUnchanged(() => put(es, { ...stored, ...participant('es', { ssn: '219-09-1234' }) }, stored), stored)
    const changed = made(await put(es, { ...stored, ...participant('es', { ssn: '219-08-1234' }) }, stored))
    assert.equal(changed.meta.versionId, '2')
  })

  it('is looked at after If-Match, and after who may write', async () => {
    const stored = await post(es, participant('es'))
    const { id } = stored
    refused(await es.put(`/Patient/${id}`, stored), 428, 'version-required')
    refused(await put(es, stored, stored, '7'), 412, 'version-conflict')
    await post(es, consent(`Patient/${id}`, 'es', 'abe'))
    const permit = await post(es, consent(`Patient/${id}`, 'es', 'abe'))
    refused(await put(abe, permit, permit), 403, 'forbidden')
  })

  it('makes a version of a record that is brought back as it was', async () => {
    const stored = await post(es, goal(await newcomer(es, 'es')))
    assert.equal((await es.delete(`/Goal/${stored.id}`)).status, 204)
    const back = await es.put(`/Goal/${stored.id}`, stored)
    assert.equal(back.status, 201)
    assert.equal(back.headers.get('etag'), 'W/"3"')
  })

  it('leaves one entry of a transaction as it is while another changes, and holds it at its version', async () => {
    const subject = await newcomer(es, 'es')
    const [same, other] = [await post(es, goal(subject)), await post(es, goal(subject))]
    const entry = (resource: VersionedBody) => ({ method: 'PUT', url: `Goal/${resource.id}`, resource })
    const bundle = transaction(entry(same), entry({ ...other, note: [{ text: 'Seen.' }] }))
    const { entry: answers } = made(await es.post('', bundle))
    assert.deepEqual(
      answers.map((one: { response: { status: string; etag: string } }) => [one.response.status, one.response.etag]),
      [
        ['200 OK', 'W/"1"'],
        ['200 OK', 'W/"2"'],
      ],
    )
    scene.between(async () => made(await es.put(`/Goal/${same.id}`, { ...same, note: [{ text: 'First.' }] })))
    const current = made(await es.get(`/Goal/${other.id}`))
    made(await es.post('', transaction(entry(same), entry({ ...current, note: [{ text: 'Again.' }] }))))
    assert.deepEqual([await version(es, same), await version(es, other)], ['3', '3'])
  })

  it('is refused for what any update is refused for', async () => {
    const stored = await post(es, goal(await newcomer(es, 'es')))
    refused(await put(es, { ...stored, meta: {} }, stored), 422, 'element-empty')
  })

  it('holds in open mode as well, where the time of a Task is the client’s', async () => {
    const open = await attacked({ HUB_RULES: 'open' })
    try {
      const client = open.as('board')
      const task = { resourceType: 'Task', id: 't', status: 'draft', intent: 'order', lastModified: '2026-01-01' }
      const etag = async (body: object) => (await client.put('/Task/t', body)).headers.get('etag')
      assert.equal(await etag(task), 'W/"1"')
      assert.equal(await etag(task), 'W/"1"')
      assert.equal(await etag({ ...task, lastModified: '2026-01-02' }), 'W/"2"')
    } finally {
      await open.stop()
    }
  })
})
