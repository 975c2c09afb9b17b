/** What each agency's subscriptions receive of a merge and of its undo. */
import assert from 'node:assert/strict'
import {
  condition,
  consent,
  denial,
  goal,
  labelled,
  participant,
  subscription,
  type StoredBody,
} from '../builders/index.ts'
import { given, made, type Client, type Given } from '../given.ts'

const NOWHERE = 'http://127.0.0.1:9/hook'
const AGENCIES = ['es', 'abe', 'vr', 'dhs', 'board'] as const
const TOPICS = [
  'participant-updated',
  'participant-known',
  'participant-lost',
  'goal-updated',
  'barrier-updated',
  'consent-changed',
  'record-deleted',
] as const

describe('subscriptions / matcher / a merge', function () {
  this.timeout(60_000)
  let hub: Given
  let es: Client, vr: Client, board: Client
  const subscriptions = new Map<string, string>()
  const seen = new Map<string, number>()
  const names = new Map<string, string>()

  before(async () => {
    hub = await given({ HUB_LOOPBACK_ENDPOINTS: 'true' })
    ;[es, vr, board] = ['es', 'vr', 'board'].map((one) => hub.as(one)) as [Client, Client, Client]
    for (const one of AGENCIES)
      for (const topic of TOPICS) {
        const body = subscription(NOWHERE, { topic, content: 'full-resource' })
        subscriptions.set(`${one} ${topic}`, made(await hub.as(one).post('/Subscription', body)).id)
      }
  })
  after(() => hub.stop())

  /** A record with a name for the events that are compared. */
  async function post(client: Client, name: string, body: object & { resourceType: string }): Promise<string> {
    const { id } = made(await client.post(`/${body.resourceType}`, body)) as StoredBody
    const key = `${body.resourceType}/${String(id)}`
    names.set(key, name)
    return key
  }

  /** What came since the last call: by `agency topic` the names of the records; with `?` where the id alone came. */
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
    const whole = entries.flatMap((one: { resource?: object; fullUrl: string }) => (one.resource ? [one.fullUrl] : []))
    return events
      .map((event: { part: { name: string; valueReference?: { reference: string } }[] }) => {
        const focus = event.part.find((one) => one.name === 'focus')?.valueReference?.reference ?? ''
        const key = focus.split('/').slice(-2).join('/')
        return `${names.get(key) ?? key}${whole.includes(focus) ? '' : '?'}`
      })
      .sort()
  }

  const call = async (operation: string, source: string, target: string): Promise<void> =>
    void made(
      await board.post(`/Patient/$${operation}`, {
        resourceType: 'Parameters',
        parameter: [
          { name: 'source-patient', valueReference: { reference: source } },
          { name: 'target-patient', valueReference: { reference: target } },
        ],
      }),
    )

  it('tells those who knew the source what replaces it, each what it comes to know, and others nothing', async () => {
    const source = await post(es, 'source', participant('es'))
    const target = await post(vr, 'target', participant('vr'))
    await post(es, 'consent', consent(source, 'es', 'abe'))
    await post(es, 'goal', goal(source))
    await post(vr, 'secret', labelled(condition(target), 'disability'))
    await post(es, 'hidden', labelled(condition(source), 'rehabilitation'))
    await news()
    await call('merge', source, target)
    const both = ['source', 'target']
    assert.deepEqual(await news(), {
      'es participant-updated': both,
      'es participant-known': ['target'],
      'es goal-updated': ['goal'],
      'es barrier-updated': ['hidden'],
      'es consent-changed': ['consent'],
      'abe participant-updated': both,
      'abe participant-known': ['target'],
      'abe goal-updated': ['goal'],
      'abe consent-changed': ['consent'],
      'vr participant-updated': both,
      'vr participant-known': ['source'],
      'vr goal-updated': ['goal'],
      'vr consent-changed': ['consent'],
      'board participant-updated': both,
      'board goal-updated': ['goal'],
      'board consent-changed': ['consent'],
    })
    await call('undo-merge', source, target)
    assert.deepEqual(await news(), {
      'es participant-updated': ['source'],
      'es participant-lost': ['target?'],
      'es goal-updated': ['goal'],
      'es barrier-updated': ['hidden'],
      'es consent-changed': ['consent'],
      'abe participant-updated': ['source'],
      'abe participant-lost': ['target?'],
      'abe goal-updated': ['goal'],
      'abe consent-changed': ['consent'],
      'vr participant-updated': ['target'],
      'vr participant-lost': ['source?'],
      'vr consent-changed': ['consent?'],
      'board participant-updated': both,
      'board goal-updated': ['goal'],
      'board consent-changed': ['consent'],
    })
  })

  it('tells an agency that the survivor denies that it is out, and nothing else', async () => {
    const source = await post(es, 'source', participant('es'))
    const target = await post(vr, 'target', participant('vr'))
    await post(es, 'consent', consent(source, 'es', 'abe'))
    await post(es, 'goal', goal(source))
    await post(vr, 'denial', denial(target, 'vr', 'abe'))
    await news()
    await call('merge', source, target)
    const came = await news()
    assert.deepEqual(Object.fromEntries(Object.entries(came).filter(([name]) => name.startsWith('abe'))), {
      'abe participant-lost': ['source?'],
      'abe consent-changed': ['consent?'],
    })
    assert.deepEqual(
      Object.keys(came).filter((name) => name.startsWith('dhs')),
      [],
    )
  })
})
