import assert from 'node:assert/strict'
import { ANY_TYPE, topicsOf } from '../../server/domain/subscription/topic.ts'
import type { Resource } from '../../server/fhir/types.ts'
import { compileTriggers } from '../../server/subscriptions/trigger.ts'
import { definitions, openScene, START, subscription, task, type SubscriptionScene } from './scene.ts'

type Identified = Resource & { readonly id: string }

const NOWHERE = 'http://127.0.0.1:9/hook'

describe('subscriptions / matcher', () => {
  let scene: SubscriptionScene
  beforeEach(async () => {
    scene = await openScene()
  })
  afterEach(() => scene.close())

  /** The events of a subscription: `Type/id@version`. */
  const eventsOf = async (id: string): Promise<string[]> => {
    await scene.again().drain()
    const events = await scene.store.events(id, { from: 1, limit: 1000 })
    assert.deepEqual(
      events.map((event) => event.number),
      events.map((_, index) => index + 1),
    )
    return events.map((event) => `${event.type}/${event.id}@${event.version}`)
  }
  const watch = (id: string, options: Parameters<typeof subscription>[2] = {}, owner = 'abe') =>
    scene.put(subscription(id, NOWHERE, options), { author: owner, audience: [{ agency: owner }] })

  it('can evaluate every topic that is published, with every filter on every type that it is about', async () => {
    const topics = topicsOf(await definitions())
    assert.ok(topics.length > 20)
    for (const topic of topics) {
      compileTriggers(
        scene.needs,
        topic.triggers.filter(({ resource }) => resource !== ANY_TYPE),
      )
      for (const { resource, filters } of topic.triggers) {
        const offer = scene.needs.definitions.capability(resource)
        const names = ['_id', ...(offer?.searchParameters ?? []).map((one) => one.code)]
        assert.deepEqual(
          filters.filter((name) => !names.includes(name)),
          [],
          topic.url,
        )
      }
    }
  })

  it('notifies of a referral sent once: by referral-created alone, also when it was a draft before', async () => {
    await watch('created')
    await watch('changed', { topic: 'referral-status-changed' })
    await scene.put(task('direct'))
    await scene.put(task('draft', { status: 'draft' }))
    await scene.put(task('draft', { status: 'draft', description: 'more' }))
    await scene.put(task('draft'))
    assert.deepEqual(await eventsOf('created'), ['Task/direct@1', 'Task/draft@3'])
    assert.deepEqual(await eventsOf('changed'), [])
  })

  it('notifies of a status or business status that changed, not of anything else', async () => {
    await watch('created')
    await watch('changed', { topic: 'referral-status-changed' })
    const businessStatus = { coding: [{ code: 'contact-attempted' }] }
    await scene.put(task('t'))
    await scene.put(task('t', { description: 'nothing of note' }))
    await scene.put(task('t', { status: 'accepted' }))
    await scene.put(task('t', { status: 'accepted', businessStatus }))
    await scene.put(task('t', { businessStatus, status: 'accepted', description: 'x' }))
    await scene.put(task('t', { status: 'on-hold', businessStatus }))
    await scene.put(task('t', { status: 'requested', businessStatus }))
    assert.deepEqual(await eventsOf('changed'), ['Task/t@3', 'Task/t@4', 'Task/t@6', 'Task/t@7'])
    assert.deepEqual(await eventsOf('created'), ['Task/t@1'])
  })

  it('notifies of participants, plans, services and credentials as their topics say', async () => {
    for (const topic of ['participant-updated', 'plan-updated', 'service-enrolment', 'credential-added'])
      await watch(topic, { topic })
    const records: readonly Identified[] = [
      { resourceType: 'Patient', id: 'p' },
      { resourceType: 'CarePlan', id: 'c', status: 'active' },
      { resourceType: 'Procedure', id: 'e', status: 'in-progress' },
      {
        resourceType: 'Basic',
        id: 'b',
        code: {
          coding: [
            { system: 'https://no-wrong-door.example/fhir/CodeSystem/basic-type', code: 'participant-credential' },
          ],
        },
      },
      { resourceType: 'Basic', id: 'other', code: { coding: [{ code: 'something-else' }] } },
    ]
    for (const record of records) await scene.put(record)
    for (const record of records) await scene.put({ ...record, language: 'en' })
    await scene.remove({ type: 'Procedure', id: 'e' })
    assert.deepEqual(await eventsOf('participant-updated'), ['Patient/p@2'])
    assert.deepEqual(await eventsOf('plan-updated'), ['CarePlan/c@1', 'CarePlan/c@2'])
    assert.deepEqual(await eventsOf('service-enrolment'), ['Procedure/e@1', 'Procedure/e@2'])
    assert.deepEqual(await eventsOf('credential-added'), ['Basic/b@1'])
  })

  it('takes a record that is written again after its deletion for a creation', async () => {
    await watch('s')
    await scene.put(task('t'))
    await scene.remove({ type: 'Task', id: 't' })
    await scene.put(task('t'))
    assert.deepEqual(await eventsOf('s'), ['Task/t@1', 'Task/t@3'])
  })

  it('applies all filters of a subscription, in either grammar', async () => {
    const owner = 'Organization/abe'
    await watch('search', { filters: [`Task?owner=${owner}&requester=Organization/es`] })
    await watch('dotted', { filters: [`Task.owner=${owner}`, 'requester=Organization/es'] })
    await watch('absolute', { filters: [`owner=http%3A%2F%2Fhub.test%2Ffhir%2F${owner}`] })
    await watch('either', { topic: 'referral-status-changed', filters: ['status=accepted,rejected'] })
    await watch('not', { topic: 'referral-status-changed', filters: ['Task.status:not=accepted'] })
    await scene.put(task('mine'))
    await scene.put(task('theirs', { owner: { reference: 'Organization/vr' } }))
    await scene.put(task('other', { requester: { reference: 'Organization/dhs' } }))
    for (const status of ['accepted', 'in-progress']) await scene.put(task('mine', { status }))
    assert.deepEqual(await eventsOf('search'), ['Task/mine@1'])
    assert.deepEqual(await eventsOf('dotted'), ['Task/mine@1'])
    assert.deepEqual(await eventsOf('absolute'), ['Task/mine@1', 'Task/other@1'])
    assert.deepEqual(await eventsOf('either'), ['Task/mine@2'])
    assert.deepEqual(await eventsOf('not'), ['Task/mine@3'])
  })

  it('notifies only those who could know of the version when it was written', async () => {
    await watch('abe')
    await watch('vr', {}, 'vr')
    await watch('board', {}, 'board')
    await scene.put(task('both'), { audience: [{ agency: 'abe' }, { agency: 'vr' }, { agency: 'board' }] })
    await scene.put(task('one'), { audience: [{ agency: 'abe' }, { agency: 'board' }] })
    await scene.put(task('expired'), {
      audience: [{ agency: 'abe', until: START }, { agency: 'vr', from: START }, { agency: 'dhs' }],
    })
    assert.deepEqual(await eventsOf('abe'), ['Task/both@1', 'Task/one@1'])
    assert.deepEqual(await eventsOf('vr'), ['Task/both@1', 'Task/expired@1'])
    assert.deepEqual(await eventsOf('board'), ['Task/both@1', 'Task/one@1'])
  })

  it('counts a subscription from the commit after its own, and by the filters that it had at each place', async () => {
    const entries = scene.needs.extract(task('same'))
    const both = subscription('s', NOWHERE)
    const audience = [{ agency: 'abe' }]
    await scene.store.commit({
      writes: [
        { kind: 'put', method: 'PUT', resource: task('same'), entries, audience, author: 'es' },
        { kind: 'put', method: 'PUT', resource: both, entries: [], audience, author: 'abe' },
      ],
    })
    await scene.put(task('t1'))
    await watch('s', { filters: ['requester=Organization/dhs'] })
    await scene.put(task('t2'))
    await watch('s')
    await scene.put(task('t3'))
    assert.deepEqual(await eventsOf('s'), ['Task/t1@1', 'Task/t3@1'])
  })

  it('makes no event twice and loses none, wherever it is killed', async () => {
    await watch('a')
    for (let number = 0; number < 5; number++) await scene.put(task(`t${number}`))
    let commits = 0
    const { store } = scene
    const killed = (when: 'before' | 'after'): SubscriptionScene['needs']['store'] => ({
      ...store,
      commit: async (work) => {
        commits++
        if (when === 'after') await store.commit(work)
        throw new Error('killed')
      },
    })
    const { createMatcher } = await import('../../server/subscriptions/matcher.ts')
    for (const when of ['before', 'after'] as const) {
      await assert.rejects(createMatcher({ ...scene.needs, store: killed(when) }).drain(), /killed/)
    }
    assert.equal(commits, 2)
    // As if the events were there and the cursor were not: the places are read once more.
    const replay = createMatcher({
      ...scene.needs,
      store: { ...store, cursor: async () => 0, commit: async ({ events = [] }) => store.commit({ events }) },
    })
    await replay.drain()
    await scene.put(task('last'))
    assert.deepEqual(await eventsOf('a'), [
      'Task/t0@1',
      'Task/t1@1',
      'Task/t2@1',
      'Task/t3@1',
      'Task/t4@1',
      'Task/last@1',
    ])
  })

  it('gives way to another process that matched the same places', async () => {
    const [one, other] = [scene.again(), scene.again()]
    await watch('s')
    await scene.put(task('t1'))
    await Promise.all([one.drain(), other.drain()])
    await scene.put(task('t2'))
    await Promise.all([one.drain(), other.drain()])
    assert.deepEqual(await eventsOf('s'), ['Task/t1@1', 'Task/t2@1'])
  })

  it('enqueues one delivery for each subscription that has events to send', async () => {
    await watch('a')
    await watch('b', {}, 'vr')
    await watch('c', { topic: 'plan-updated' })
    await scene.put(task('t1'))
    await scene.put(task('t2'))
    await scene.again().drain()
    assert.deepEqual(
      (await scene.store.jobs.list({ kinds: ['deliver'], limit: Infinity })).jobs.map((job) => job.key).sort(),
      ['a', 'b'],
    )
  })

  it('writes its cursor down seldom when there is nothing to send, and when it stops', async () => {
    const matcher = scene.again()
    for (let number = 0; number < 1200; number++) await scene.put({ resourceType: 'Goal', id: `g${number % 7}` })
    await matcher.drain()
    assert.equal(await scene.store.cursor('matcher'), 1000)
    assert.equal(await scene.store.last(), 1201, 'to move the cursor is a commit, too')
    await matcher.stop()
    assert.equal(await scene.store.cursor('matcher'), 1201)
  })

  it('wakes for a commit, and ends when it is stopped', async () => {
    let woken: () => void = () => undefined
    const wake = new Promise<void>((resolve) => (woken = resolve))
    const { createMatcher } = await import('../../server/subscriptions/matcher.ts')
    const matcher = createMatcher({ ...scene.needs, wake: () => woken() })
    matcher.start()
    await watch('s')
    await scene.put(task('t1'))
    await wake
    await matcher.stop()
    assert.deepEqual(await eventsOf('s'), ['Task/t1@1'])
  })

  it('skips a subscription that it cannot read and says so in the log, without what is in it', async () => {
    await watch('bad', { filters: ['no-such-parameter=secret'] })
    await watch('unknown', { topic: 'no-such-topic' })
    await watch('good')
    await scene.put(task('t1'))
    assert.deepEqual(
      [await eventsOf('bad'), await eventsOf('unknown'), await eventsOf('good')],
      [[], [], ['Task/t1@1']],
    )
    assert.deepEqual([...new Set(scene.logged)], ['subscription unreadable'])
  })
})
