/** The agencies that may claim an open referral are notified, and when it is gone those to whom it was offered; by its id alone. */
import assert from 'node:assert/strict'
import type { Hub } from '../../server/hub.ts'
import {
  agency,
  business,
  codeSystemAt,
  consent,
  denial,
  resident,
  subscription,
  type Body,
  type StoredBody,
} from '../builders/index.ts'
import { clientAt, made, type Client } from '../given.ts'
import { each, STORES } from '../store/stores.ts'
import { DAY, hubOver, MONDAY } from './clocked-hub.ts'

/** Off: nothing is sent, and events are numbered on. */
const NOWHERE = 'https://agency.example/hook'
const AGENCIES = ['es', 'abe', 'college', 'vr', 'youth-north', 'youth-coast', 'board'] as const
const TOPICS = ['open-referral-offered', 'open-referral-gone'] as const

for (const kind of STORES) {
  describe(`jobs / offer-referral over ${kind.name}`, function () {
    this.timeout(30_000)
    const opened = each(kind)
    let hub: Hub
    let url: string
    let es: Client, abe: Client
    let subject: string
    const subscriptions = new Map<string, string>()
    const seen = new Map<string, number>()

    const open = async (): Promise<void> => {
      hub = await hubOver(opened.store, () => opened.clock.now)
      url = (await hub.listen()).url
      ;[es, abe] = [clientAt(url, 'es'), clientAt(url, 'abe')]
    }
    beforeEach(async () => {
      opened.clock.now = MONDAY
      await open()
      seen.clear()
      for (const one of AGENCIES)
        for (const topic of TOPICS) {
          const body = subscription(NOWHERE, { topic, content: 'full-resource', status: 'off' })
          subscriptions.set(`${one} ${topic}`, made(await as(one).post('/Subscription', body)).id)
        }
      subject = `Patient/${made(await es.post('/Patient', resident('es', 'OPEN'))).id}`
    })
    afterEach(() => hub.stop())

    const as = (name: string): Client => clientAt(url, name === 'board' ? undefined : name)
    const post = async (client: Client, body: Body): Promise<StoredBody> =>
      made(await client.post(`/${body.resourceType}`, body))
    const permit = (to: string, period: object = {}): Promise<StoredBody> => {
      const one = consent(subject, 'es', to) as Body & { readonly provision: object }
      const purpose = [{ system: codeSystemAt('consent-purpose'), code: 'open-referral' }]
      return post(es, { ...one, provision: { ...one.provision, purpose, ...period } })
    }
    const refer = async (service = 'adult-basic-education'): Promise<StoredBody> => {
      const parameter = [
        { name: 'service', valueCode: service },
        { name: 'text', valueString: 'Reads little.' },
      ]
      const body = { resourceType: 'Parameters', parameter }
      return made(await es.post(`/${subject}/$refer`, body)).entry[1].resource
    }

    /** What came since the last call: `abe offered` and the Tasks. */
    async function news(): Promise<Readonly<Record<string, readonly string[]>>> {
      for (let round = 0; round < 2; round += 1) {
        await hub.catchUp()
        await hub.runDue()
      }
      await hub.catchUp()
      const found = await Promise.all([...subscriptions].map(([name, id]) => eventsOf(name, id)))
      return Object.fromEntries(found.filter(([, tasks]) => tasks.length > 0))
    }
    async function eventsOf(name: string, id: string): Promise<readonly [string, readonly string[]]> {
      const [agencyName = '', topic = ''] = name.split(' ')
      const from = (seen.get(name) ?? 0) + 1
      const answer = await as(agencyName).get(`/Subscription/${id}/$events?eventsSinceNumber=${from}`)
      const [{ resource }, ...entries] = made(answer).entry
      assert.ok(
        entries.every((one: { resource?: unknown; response: { status: string } }) => one.response.status === '404'),
        'an id alone',
      )
      for (const word of ['Patient', 'Reads', 'description']) assert.ok(!answer.text.includes(word), word)
      const events = resource.parameter.filter((one: { name: string }) => one.name === 'notification-event')
      seen.set(name, from + events.length - 1)
      const focus = events.map(
        ({ part }: { part: { name: string; valueReference?: { reference: string } }[] }) =>
          part
            .find((one) => one.name === 'focus')
            ?.valueReference?.reference.split('/')
            .at(-1) ?? '',
      )
      return [`${agencyName} ${topic.replace('open-referral-', '')}`, focus]
    }

    it('tells those that offer the service in the area and that a consent names, and nobody else', async () => {
      await permit('abe')
      await permit('vr')
      const task = await refer()
      assert.deepEqual(await news(), { 'abe offered': [task.id] })
      for (const to of ['youth-north', 'youth-coast']) await permit(to)
      const youth = await refer('youth-services')
      assert.deepEqual(await news(), { 'youth-north offered': [youth.id] })
      assert.deepEqual(await news(), {}, 'once')
    })

    it('tells an agency of a referral that is open already when a consent names it, and when the participant moves', async () => {
      const [task, youth] = [await refer(), await refer('youth-services')]
      assert.deepEqual(await news(), {})
      await permit('abe')
      await permit('youth-coast')
      assert.deepEqual(await news(), { 'abe offered': [task.id] })
      const moved = made(await es.get(`/${subject}`))
      made(await es.change(moved, { address: [{ ...moved.address[0], district: '28047' }] }))
      assert.deepEqual(await news(), { 'youth-coast offered': [youth.id] })
    })

    it('tells an agency that begins to offer the service, and those whose program stops that it is gone', async () => {
      for (const to of ['abe', 'college']) await permit(to)
      const task = await refer()
      assert.deepEqual(await news(), { 'abe offered': [task.id] })
      const program = made(await es.get('/HealthcareService/adult-education'))
      const moved = made(await as('board').change(program, { providedBy: agency('college') }))
      assert.deepEqual(await news(), { 'college offered': [task.id] }, 'abe is joined to it by an affiliation')
      made(await as('board').change(moved, { active: false }))
      assert.deepEqual(await news(), { 'abe gone': [task.id], 'college gone': [task.id] })
    })

    it('tells the others that it is gone when somebody claims it, and the claimant nothing', async () => {
      const { id: _, meta: __, ...program } = made(await es.get('/HealthcareService/adult-education'))
      const second = { ...program, id: 'second-education', providedBy: agency('college') }
      made(await as('board').put('/HealthcareService/second-education', second))
      for (const to of ['abe', 'college']) await permit(to)
      const task = await refer()
      assert.deepEqual(Object.keys(await news()), ['abe offered', 'college offered'])
      made(await abe.post(`/Task/${task.id}/$claim`))
      assert.deepEqual(await news(), { 'college gone': [task.id] })
    })

    const ENDS: Readonly<Record<string, (task: StoredBody, given: StoredBody) => Promise<unknown>>> = {
      'it is withdrawn': (task) =>
        es.change(task, { status: 'cancelled', ...business('withdrawn'), statusReason: { text: 'Moved.' } }),
      'its request is revoked': async (task) => {
        const request = made(await es.get(`/${(task.focus as { reference: string }).reference}`))
        return es.change(request, { status: 'revoked' })
      },
      'it is sent to one agency': async (task) => {
        await post(es, consent(subject, 'es', 'vr'))
        return es.change(task, { owner: agency('vr') })
      },
      'the consent is withdrawn': (_, given) => es.change(given, { status: 'inactive' }),
      'the consent is deleted': (_, given) => as('board').delete(`/Consent/${given.id}`, 1),
      'the participant denies the agency': () => es.post('/Consent', denial(subject, 'es', 'abe')),
    }
    for (const [end, act] of Object.entries(ENDS)) {
      it(`tells that it is gone when ${end}, also after a restart in between`, async () => {
        const given = await permit('abe')
        const task = await refer()
        assert.deepEqual(await news(), { 'abe offered': [task.id] })
        const { status, text } = (await act(task, given)) as { status: number; text: string }
        assert.ok(status < 300, text)
        await hub.stop()
        await open()
        assert.deepEqual(await news(), { 'abe gone': [task.id] })
        assert.equal(made(await abe.get(`/Task/$open-referrals?_id=${task.id}`)).entry, undefined)
      })
    }

    it('tells of it when the period of a consent begins, and when it ends', async () => {
      await permit('abe', { period: { start: '2026-12-09', end: '2026-12-10' } })
      const task = await refer()
      assert.deepEqual(await news(), {})
      opened.clock.now = MONDAY + 2 * DAY
      assert.deepEqual(await news(), { 'abe offered': [task.id] })
      opened.clock.now = MONDAY + 4 * DAY
      assert.deepEqual(await news(), { 'abe gone': [task.id] })
    })

    it('tells of it once where two hubs work on one store', async () => {
      const other = await hubOver(opened.store, () => opened.clock.now)
      try {
        await permit('abe')
        const task = await refer()
        for (let round = 0; round < 2; round += 1) {
          await Promise.all([hub.catchUp(), other.catchUp()])
          await Promise.all([hub.runDue(), other.runDue()])
        }
        assert.deepEqual(await news(), { 'abe offered': [task.id] })
        made(await es.change(task, { status: 'cancelled', ...business('withdrawn'), statusReason: { text: 'Moved.' } }))
        await Promise.all([hub.catchUp(), other.catchUp()])
        await Promise.all([hub.runDue(), other.runDue()])
        assert.deepEqual(await news(), { 'abe gone': [task.id] })
      } finally {
        await other.stop()
      }
    })
  })
}
