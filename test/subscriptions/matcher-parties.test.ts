/** Who gets the event of a change: the parties who may know of it, and with an id alone those who lose sight of it by the change. */
import assert from 'node:assert/strict'
import {
  agency,
  business,
  condition,
  consent,
  goal,
  output,
  participant,
  participation,
  referral,
  subscription,
  task,
  type StoredBody,
} from '../builders/index.ts'
import { givenOver, made, OVER_STORES, type Client, type Given } from '../given.ts'

const NOWHERE = 'http://127.0.0.1:9/hook'
const AGENCIES = ['es', 'abe', 'vr', 'dhs'] as const
const TOPICS = [
  'referral-created',
  'referral-status-changed',
  'referral-rerouted',
  'referral-updated',
  'note-added',
  'consent-changed',
  'participant-known',
  'participant-lost',
  'participation-updated',
  'exit',
  'record-deleted',
] as const

for (const kind of OVER_STORES)
  describe(`subscriptions / matcher / the parties of a change over ${kind}`, function () {
    this.timeout(30_000)
    let hub: Given
    let es: Client, abe: Client, vr: Client
    const subscriptions = new Map<string, string>()
    const seen = new Map<string, number>()
    let subject: string

    before(async () => {
      hub = await givenOver(kind, { HUB_LOOPBACK_ENDPOINTS: 'true' })
      ;[es, abe, vr] = ['es', 'abe', 'vr'].map((one) => hub.as(one)) as [Client, Client, Client]
      for (const one of AGENCIES)
        for (const topic of TOPICS) {
          const body = subscription(NOWHERE, { topic, content: 'full-resource' })
          subscriptions.set(`${one} ${topic}`, made(await hub.as(one).post('/Subscription', body)).id)
        }
    })
    after(() => hub.stop())
    beforeEach(async () => {
      subject = `Patient/${made(await es.post('/Patient', participant('es'))).id}`
      await news()
    })

    const post = async (client: Client, body: object & { resourceType: string }): Promise<StoredBody> =>
      made(await client.post(`/${body.resourceType}`, body)) as StoredBody

    async function sent(owner: string): Promise<{ permit: StoredBody; task: StoredBody }> {
      const permit = await post(es, consent(subject, 'es', owner))
      const request = await post(es, referral(subject, 'es', owner))
      return { permit, task: await post(es, task(subject, `ServiceRequest/${request.id}`, 'es', owner)) }
    }

    /** What came since the last call: `agency topic` and the records, `Type` with its content or `Type?` as an id alone. */
    async function news(): Promise<Readonly<Record<string, readonly string[]>>> {
      await hub.hub.catchUp()
      const entries = await Promise.all(
        [...subscriptions].map(async ([name, id]) => [name, await newsOf(name, id)] as const),
      )
      return Object.fromEntries(entries.filter(([, events]) => events.length > 0))
    }

    async function newsOf(name: string, id: string): Promise<readonly string[]> {
      const from = (seen.get(name) ?? 0) + 1
      const answer = await hub.as(name.split(' ')[0]).get(`/Subscription/${id}/$events?eventsSinceNumber=${from}`)
      const [status, ...entries] = made(answer).entry
      const events = status.resource.parameter.filter((one: { name: string }) => one.name === 'notification-event')
      seen.set(name, from + events.length - 1)
      const whole = entries.flatMap((one: { resource?: object; fullUrl: string }) =>
        one.resource ? [one.fullUrl] : [],
      )
      return events.map((event: { part: { name: string; valueReference?: { reference: string } }[] }) => {
        const focus = event.part.find((one) => one.name === 'focus')?.valueReference?.reference
        const type = focus?.split('/').at(-2) ?? ''
        return whole.includes(focus) ? type : `${type}?`
      })
    }

    it('tell the new owner of a referral that it was sent, and the former one that it is gone, with its id alone', async () => {
      const { permit, task: first } = await sent('abe')
      await post(es, consent(subject, 'es', 'vr'))
      made(await es.change(permit, { status: 'inactive' }))
      await news()
      made(await es.change(first, { owner: agency('vr') }))
      const came = await news()
      assert.deepEqual(came, {
        'es referral-created': ['Task'],
        'es referral-rerouted': ['Task'],
        'es referral-updated': ['ServiceRequest'],
        'abe referral-rerouted': ['Task?'],
        'abe participant-lost': ['Patient?'],
        'vr referral-created': ['Task'],
        'vr referral-rerouted': ['Task'],
        'vr referral-updated': ['ServiceRequest'],
      })
      made(await vr.change(made(await vr.get(`/Task/${first.id}`)), { status: 'accepted', ...business('accepted') }))
      assert.deepEqual(
        Object.keys(await news()).filter((name) => name.startsWith('abe')),
        [],
      )
    })

    it('tell a former owner who may still know of it by a consent all of it', async () => {
      const { task: first } = await sent('abe')
      await post(es, consent(subject, 'es', 'vr'))
      await news()
      made(await es.change(first, { owner: agency('vr') }))
      assert.deepEqual((await news())['abe referral-rerouted'], ['Task'])
    })

    it('tell the owner of a referral that is recalled that it is gone', async () => {
      const { permit, task: first } = await sent('abe')
      made(await es.change(permit, { status: 'inactive' }))
      await news()
      const recall = { status: 'cancelled', ...business('withdrawn'), statusReason: { text: 'Moved away.' } }
      made(await es.change(first, recall))
      const came = await news()
      assert.deepEqual(came['abe referral-status-changed'], ['Task?'])
      assert.deepEqual(came['abe participant-lost'], ['Patient?'])
      assert.deepEqual(came['es referral-status-changed'], ['Task'])
    })

    it('tell each party of a referral of the notes, the wishes and the results of the other', async () => {
      const { task: first } = await sent('abe')
      await news()
      let now = first
      const change = async (client: Client, more: object) => {
        now = made(await client.change(now, more)) as StoredBody
        return news()
      }
      const noted = await change(es, { note: [{ text: 'Call in the evening.' }] })
      assert.deepEqual(noted, { 'es note-added': ['Task'], 'abe note-added': ['Task'] })
      for (const more of [{ priority: 'urgent' }, { restriction: { period: { end: '2026-12-24' } } }])
        assert.deepEqual(await change(es, more), { 'es referral-updated': ['Task'], 'abe referral-updated': ['Task'] })
      await change(abe, { status: 'accepted', ...business('accepted') })
      const feedback = {
        ...output('feedback', 'task-output', 'feedback'),
        valueCodeableConcept: undefined,
        valueString: 'Well prepared.',
      }
      assert.deepEqual((await change(abe, { output: [feedback] }))['es referral-updated'], ['Task'])
    })

    it('tell the recipient of a consent that it comes to know the participant, and at its end that it is out and nothing else', async () => {
      const permit = await post(es, consent(subject, 'es', 'abe'))
      assert.deepEqual(await news(), {
        'es consent-changed': ['Consent'],
        'abe consent-changed': ['Consent'],
        'abe participant-known': ['Patient'],
      })
      const revoked = made(await es.change(permit, { status: 'inactive' }))
      assert.deepEqual(await news(), {
        'es consent-changed': ['Consent'],
        'abe consent-changed': ['Consent?'],
        'abe participant-lost': ['Patient?'],
      })
      made(await es.change(revoked, { dateTime: '2025-01-06' }))
      await post(es, goal(subject))
      assert.deepEqual(
        Object.keys(await news()).filter((name) => !name.startsWith('es ')),
        [],
      )
    })

    it('tell of an exit, and of a deletion with the id alone', async () => {
      await post(es, consent(subject, 'es', 'abe'))
      const episode = await post(abe, participation(subject, 'abe'))
      const barrier = await post(es, condition(subject))
      await news()
      made(await abe.change(episode, { status: 'finished', period: { start: '2026-01-05', end: '2026-05-31' } }))
      const ended = await news()
      assert.deepEqual(
        [ended['es exit'], ended['abe exit'], ended['dhs exit']],
        [['EpisodeOfCare'], ['EpisodeOfCare'], undefined],
      )
      assert.equal((await es.delete(`/Condition/${barrier.id}`)).status, 204)
      assert.deepEqual(await news(), { 'es record-deleted': ['Condition?'], 'abe record-deleted': ['Condition?'] })
    })
  })
