/** What a write costs where no membership moves, and that a circle of another rule is computed again. */
import assert from 'node:assert/strict'
import { CIRCLE, CIRCLE_GRANTS, FEW_SOURCES } from '../../server/write/circle.ts'
import type { Write } from '../../server/store/store.ts'
import { made, type Client } from '../given.ts'
import {
  assessment,
  business,
  condition,
  consent,
  goal,
  labelled,
  participant,
  participation,
  referral,
  task as sentTask,
  type Body,
} from '../builders/index.ts'
import { post, referred } from '../attack/scene.ts'
import { watchedHub, type WatchedHub, type Watched } from './watched.ts'

const MOST_GUARDS = 4

describe('write / circle', function () {
  this.timeout(60_000)
  let hub: WatchedHub
  let es: Client, abe: Client, dhs: Client
  before(async () => {
    hub = await watchedHub()
    ;[es, abe, dhs] = ['es', 'abe', 'dhs'].map((one) => hub.as(one)) as [Client, Client, Client]
  })
  after(() => hub.stop())

  const newcomer = async (): Promise<Body & { id: string }> => post(es, participant('es'))
  const put = async (client: Client, body: Body) => made(await client.change(body))

  /** Many records of every kind, and some that are deleted. */
  async function filled(subject: string): Promise<void> {
    const { permit, task } = await referred(es, subject, 'es', 'abe')
    await put(abe, { ...task, status: 'rejected', ...business('rejected-capacity'), statusReason: { text: 'Full.' } })
    for (let count = 0; count < 20; count += 1) {
      await post(es, goal(subject))
      await post(es, consent(subject, 'es', 'abe'))
      const barrier = await post(es, condition(subject))
      await post(es, labelled(condition(subject), 'V'))
      await es.delete(`/Condition/${barrier.id}`)
    }
    await put(es, { ...permit, status: 'inactive' })
  }

  const circles = (writes: readonly Write[]): readonly string[] =>
    writes.flatMap((one) =>
      one.kind === 'put' && [CIRCLE, CIRCLE_GRANTS].includes(one.resource.resourceType)
        ? one.resource.resourceType
        : [],
    )

  function assertMovesNothing({ guards, writes }: Watched, what: string): void {
    assert.ok(guards.length <= MOST_GUARDS, `${what}: ${JSON.stringify(guards)}`)
    assert.deepEqual(
      writes.filter((one) => one.kind === 'audience'),
      [],
      what,
    )
  }

  it('guards at most 4 conditions where no membership moves, whatever the type and however many records there are', async () => {
    const { id } = await newcomer()
    const subject = `Patient/${id}`
    await filled(subject)
    const patient = made(await es.get(`/${subject}`))
    const permit = await post(es, consent(subject, 'es', 'abe'))
    const episode = await post(es, participation(subject, 'es'))
    const { task } = await referred(es, subject, 'es', 'abe')
    const request = `ServiceRequest/${(await post(es, referral(subject, 'es', 'abe'))).id}`
    const target = await post(es, goal(subject))
    // The first record of a class makes its owner a holder, which moves the circle.
    await post(es, labelled(condition(subject), 'rehabilitation'))
    const note = { note: [{ text: 'Seen.' }] }
    const telecom = [{ system: 'phone', value: '601-555-0199', use: 'home' }]
    const acts: Readonly<Record<string, () => Promise<unknown>>> = {
      'PUT Patient': () => put(es, { ...patient, telecom }),
      'PUT Consent': () => put(es, { ...permit, dateTime: '2025-01-06' }),
      'PUT EpisodeOfCare': () => put(es, { ...episode, status: 'onhold' }),
      'PUT Task': () => put(abe, { ...task, status: 'accepted', ...business('accepted') }),
      'PUT Goal': () => put(es, { ...target, ...note }),
      'POST Goal': () => post(es, goal(subject)),
      'POST Condition': () => post(es, condition(subject)),
      'POST Condition, restricted': () => post(es, labelled(condition(subject), 'rehabilitation')),
      'POST Consent for a member': () => post(es, consent(subject, 'es', 'abe')),
      'POST ServiceRequest': () => post(es, referral(subject, 'es', 'abe')),
      'POST Task': () => post(es, sentTask(subject, request, 'es', 'abe')),
      'POST QuestionnaireResponse': () => post(es, assessment(subject, true)),
      'DELETE Goal': () => es.delete(`/Goal/${target.id}`),
      'DELETE Consent, one of several': () => es.delete(`/Consent/${permit.id}`),
      'POST Patient': () => newcomer(),
    }
    for (const [what, act] of Object.entries(acts)) assertMovesNothing(await hub.during(act), what)
  })

  it('asks as much of the store for a participant with many records as for one without', async () => {
    const [bare, full] = [await newcomer(), await newcomer()]
    await filled(`Patient/${full.id}`)
    const once = async (id: string, number: number) => {
      const patient = made(await es.get(`/Patient/${id}`))
      const telecom = [{ system: 'phone', value: `601-555-010${number}`, use: 'home' }]
      return hub.during(() => put(es, { ...patient, telecom }))
    }
    /** The fewest calls of several: the matcher of subscriptions reads meanwhile. */
    const update = async (id: string) => {
      const all: Watched[] = []
      for (let number = 0; number < 5; number += 1) all.push(await once(id, number))
      return all.sort((a, b) => a.calls.length - b.calls.length)[0]!
    }
    const [one, other] = [await update(bare.id), await update(full.id)]
    assert.deepEqual([...other.calls].sort(), [...one.calls].sort())
    assert.equal(other.guards.length, one.guards.length)
    assert.equal(other.writes.length, one.writes.length)
  })

  it('writes the next version of the circle with each change of a grant, and only then', async () => {
    const subject = `Patient/${(await newcomer()).id}`
    const first = await hub.during(() => post(es, consent(subject, 'es', 'abe')))
    assert.deepEqual(circles(first.writes), [CIRCLE])
    assert.ok(
      first.writes.some((one) => one.kind === 'audience'),
      'abe is new',
    )
    let permit: Body & { id: string } = { ...consent(subject, 'es', 'abe'), id: '' }
    const second = await hub.during(async () => (permit = await post(es, consent(subject, 'es', 'abe'))))
    assert.deepEqual(circles(second.writes), [CIRCLE])
    assertMovesNothing(second, 'abe is a member already')
    const third = await hub.during(() => put(es, { ...permit, dateTime: '2025-02-01' }))
    assert.deepEqual(circles(third.writes), [])
  })

  it('keeps what many source records grant in a record of its own, and in the circle again when they are few', async () => {
    const subject = `Patient/${(await newcomer()).id}`
    const written = async (work: () => Promise<unknown>) => circles((await hub.during(work)).writes)
    const consents: string[] = []
    const give = async () => void consents.push((await post(es, consent(subject, 'es', 'abe'))).id)
    // The participant itself is one source.
    for (let count = 1; count < FEW_SOURCES; count += 1) assert.deepEqual(await written(give), [CIRCLE])
    assert.deepEqual(await written(give), [CIRCLE, CIRCLE_GRANTS])
    assert.deepEqual(await written(give), [CIRCLE, CIRCLE_GRANTS])
    const take = () => es.delete(`/Consent/${consents.pop()!}`)
    assert.deepEqual(await written(take), [CIRCLE, CIRCLE_GRANTS])
    for (let count = 1; count < FEW_SOURCES; count += 1) assert.deepEqual(await written(take), [CIRCLE])
    const before = made(await abe.get(`/${subject}`))
    assert.equal(before.resourceType, 'Patient')
    await take()
    assert.equal((await abe.get(`/${subject}`)).status, 404)
  })

  for (const [what, change] of Object.entries({
    'of an earlier version of the hub': (record: Body) => ({ ...record, rule: undefined }),
    'of another rule': (record: Body) => ({ ...record, rule: 'another', circle: { members: [], classes: {} } }),
  }))
    it(`computes a circle ${what} again with the next write, and every audience with it`, async () => {
      const subject = `Patient/${(await newcomer()).id}`
      await post(es, consent(subject, 'es', 'abe'))
      const barrier = await post(es, condition(subject))
      const key = { type: CIRCLE, id: subject.split('/')[1]! }
      const stored = JSON.parse((await hub.store.read(key, 'unrestricted'))!.text) as Body & { id: string }
      const hidden = { kind: 'audience' as const, key: { type: 'Condition', id: barrier.id }, audience: [] }
      const resource = { ...change(stored), id: stored.id }
      const old = { kind: 'put' as const, method: 'PUT' as const, resource, entries: [], audience: [], author: 'hub' }
      await hub.store.commit({ writes: [old, hidden] })
      assert.equal((await abe.get(`/Condition/${barrier.id}`)).status, 404)
      await post(es, goal(subject))
      assert.equal((await abe.get(`/Condition/${barrier.id}`)).status, 200)
      assert.equal((await dhs.get(`/Condition/${barrier.id}`)).status, 404)
      const again = JSON.parse((await hub.store.read(key, 'unrestricted'))!.text) as Body
      assert.deepEqual([again.rule, again.circle], [stored.rule, stored.circle])
    })
})
