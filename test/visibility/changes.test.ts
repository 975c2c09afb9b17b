/** When who may know changes: at once, in the commit of what changed it; and what cannot change it. */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'
import { condition, consent, labelled, participant, participation, type Body } from '../builders/index.ts'
import { complete, refer, reject, type RelationWorld } from './relations.ts'

const START = Date.parse('2026-06-01T12:00:00Z')

describe('visibility / changes', function () {
  this.timeout(20_000)
  let hub: Given
  let now = START
  let es: Client, abe: Client, vr: Client, board: Client

  before(async () => {
    hub = await given(
      {},
      createClock(() => now),
    )
    ;[es, abe, vr, board] = ['es', 'abe', 'vr', 'board'].map((agency) => hub.as(agency)) as [
      Client,
      Client,
      Client,
      Client,
    ]
  })
  after(() => hub.stop())

  const post = async (client: Client, body: Body) => made(await client.post(`/${body.resourceType}`, body))
  const newcomer = async (): Promise<string> => `Patient/${(await post(es, participant('es'))).id}`
  const world = (subject: string): RelationWorld => ({ participant: subject, es, abe, vr, board })
  const sees = async (client: Client, ...keys: readonly string[]) =>
    (await Promise.all(keys.map((key) => client.get(`/${key}`)))).map(({ status }) => status)

  for (const [how, end] of Object.entries({ rejects: reject, completes: complete })) {
    it(`leaves the owner who ${how} a referral its own Task and nothing else, at once`, async () => {
      const subject = await newcomer()
      const barrier = `Condition/${(await post(es, condition(subject))).id}`
      const permit = await post(es, consent(subject, 'es', 'abe'))
      const task = await refer(world(subject), es, 'abe')
      made(await es.put(`/Consent/${permit.id}`, { ...permit, status: 'inactive' }))
      assert.deepEqual(await sees(abe, subject, barrier, task.focus.reference), [200, 200, 200])
      await end(abe, task as never)
      assert.deepEqual(await sees(abe, subject, barrier, task.focus.reference, `Task/${task.id}`), [404, 404, 404, 200])

      const query = `/Task?_id=${task.id}&_include=Task:patient&_include=Task:focus&_sort=-modified`
      const { entry } = made(await abe.get(query))
      assert.deepEqual(
        entry.map((one: { resource: { id: string } }) => one.resource.id),
        [task.id],
        'what the Task refers to is not included',
      )
      assert.equal(made(await abe.get(`/ServiceRequest?patient=${subject}&_count=0`)).total, 0)
    })
  }

  it('leaves an agency whose participation ended what it wrote, and may still change it', async () => {
    const subject = await newcomer()
    const permit = await post(es, consent(subject, 'es', 'abe'))
    const own = await post(abe, condition(subject))
    const others = await post(es, condition(subject))
    const episode = await post(abe, participation(subject, 'abe'))
    made(await es.put(`/Consent/${permit.id}`, { ...permit, status: 'inactive' }))
    const ended = { ...episode, status: 'finished', period: { start: '2026-01-05', end: '2026-05-31' } }
    assert.deepEqual(await sees(abe, subject, `Condition/${others.id}`), [200, 200])
    made(await abe.put(`/EpisodeOfCare/${episode.id}`, ended))
    assert.deepEqual(
      await sees(abe, subject, `Condition/${others.id}`, `Condition/${own.id}`, `EpisodeOfCare/${episode.id}`),
      [404, 404, 200, 200],
    )
    made(await abe.put(`/Condition/${own.id}`, { ...own, note: [{ text: 'Seen again.' }] }))
    refused(await abe.post('/Condition', condition(subject)), 422, 'reference-not-found')
  })

  it('opens and closes a consent at the instants of its period, without any write', async () => {
    const subject = await newcomer()
    await post(es, consent(subject, 'es', 'abe', { start: '2026-06-02T00:00:00Z', end: '2026-06-03T00:00:00Z' }))
    const seen: number[] = []
    for (const instant of ['2026-06-01T23:59:59.999Z', '2026-06-02T00:00:00Z', '2026-06-03T00:00:01Z']) {
      now = Date.parse(instant)
      seen.push((await abe.get(`/${subject}`)).status)
    }
    now = Date.parse('2026-06-04T00:00:00Z')
    assert.deepEqual(seen, [404, 200, 404])
  })

  it('closes everything at once when a consent is deleted', async () => {
    const subject = await newcomer()
    const barrier = `Condition/${(await post(es, condition(subject))).id}`
    const permit = await post(es, consent(subject, 'es', 'abe'))
    assert.deepEqual(await sees(abe, subject, barrier, `Consent/${permit.id}`), [200, 200, 200])
    await es.delete(`/Consent/${permit.id}`)
    assert.deepEqual(await sees(abe, subject, barrier, `Consent/${permit.id}`), [404, 404, 404])
  })

  it('tells those who might know of a deleted record that it was deleted, and nobody else', async () => {
    const subject = await newcomer()
    const permit = await post(es, consent(subject, 'es', 'abe'))
    const barrier = `Condition/${(await post(es, condition(subject))).id}`
    await es.delete(`/${barrier}`)
    assert.deepEqual([await sees(abe, barrier), await sees(vr, barrier)], [[410], [404]])
    made(await es.put(`/Consent/${permit.id}`, { ...permit, status: 'inactive' }))
    assert.deepEqual(await sees(abe, barrier, `${barrier}/_history`, `${barrier}/_history/1`), [404, 404, 404])
  })

  describe('labels', () => {
    it('hide a record, with all its versions, from the moment they are set', async () => {
      const subject = await newcomer()
      await post(es, consent(subject, 'es', 'abe'))
      const barrier = await post(es, condition(subject))
      made(await es.put(`/Condition/${barrier.id}`, { ...labelled(barrier, 'rehabilitation'), id: barrier.id }))
      const key = `Condition/${barrier.id}`
      assert.deepEqual(await sees(abe, key, `${key}/_history/1`, `${key}/_history`), [404, 404, 404])
    })

    it('are never lowered by an agency, neither by an update nor by bringing a deleted record back', async () => {
      const subject = await newcomer()
      await post(es, consent(subject, 'es', 'abe'))
      const { meta, ...plain } = await post(es, labelled(condition(subject), 'rehabilitation'))
      const updated = made(await es.put(`/Condition/${plain.id}`, plain))
      assert.deepEqual(updated.meta.security, meta.security)
      await es.delete(`/Condition/${plain.id}`)
      const back = made(await es.put(`/Condition/${plain.id}`, plain))
      assert.deepEqual(back.meta.security, meta.security)
      assert.deepEqual(await sees(abe, `Condition/${plain.id}`, `Condition/${plain.id}/_history/1`), [404, 404])
    })

    it('cannot be vague: restricted without a class is refused', async () => {
      const barrier = condition(await newcomer())
      const security = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }]
      assert.equal((await es.post('/Condition', { ...barrier, meta: { security } })).status, 422)
    })
  })

  describe('a record brought back', () => {
    it('stays about its participant and with its owner', async () => {
      const [subject, other] = [await newcomer(), await newcomer()]
      await post(es, consent(subject, 'es', 'abe'))
      const barrier = await post(es, condition(subject))
      await es.delete(`/Condition/${barrier.id}`)
      const moved = { ...barrier, subject: { reference: other } }
      refused(await es.put(`/Condition/${barrier.id}`, moved), 422, 'element-immutable')
      refused(await abe.put(`/Condition/${barrier.id}`, barrier), 403, 'forbidden')
      made(await es.put(`/Condition/${barrier.id}`, barrier))
    })
  })

  describe('a reference that only looks like one of the hub', () => {
    const ALIKE: Readonly<Record<string, (key: string) => string>> = {
      'at another address': (key) => `https://elsewhere.example/fhir/${key}`,
      'at another name of this host': (key) => `${hub.url.replace('127.0.0.1', 'localhost')}/${key}`,
      'with something before it': (key) => `x/${key}`,
      'with a slash before it': (key) => `/${key}`,
      'at a version': (key) => `${key}/_history/1`,
      'with a fragment': (key) => `${key}#1`,
    }
    for (const [how, alike] of Object.entries(ALIKE)) {
      it(`makes nobody a member of a participant's circle: ${how}`, async () => {
        const subject = await newcomer()
        for (const body of [participation(alike(subject), 'vr'), consent(alike(subject), 'vr', 'vr')])
          refused(await vr.post(`/${body.resourceType}`, body), 422, 'reference-not-found')
        assert.deepEqual(await sees(vr, subject), [404])
      })
    }

    it('makes no agency a recipient of a consent', async () => {
      const subject = await newcomer()
      const permit = JSON.stringify(consent(subject, 'es', 'abe')).replace(
        '"Organization/abe"',
        '"https://elsewhere.example/fhir/Organization/abe"',
      )
      assert.equal((await es.post('/Consent', permit)).status, 201)
      assert.deepEqual(await sees(abe, subject), [404])
    })
  })
})
