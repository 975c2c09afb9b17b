/** The timers of a referral, from the write that starts them to the warning, by a clock that the test moves. */
import assert from 'node:assert/strict'
import type { Hub } from '../../server/hub.ts'
import { business, consent } from '../builders/index.ts'
import { clientAt, made, type Client } from '../given.ts'
import { each, STORES } from '../store/stores.ts'
import { DAY, hubOver, MONDAY, referTo, warningsOf, type StoredTask } from './clocked-hub.ts'

const HOUR = 3_600_000

for (const kind of STORES) {
  describe(`jobs / referral timer over ${kind.name}`, () => {
    const opened = each(kind)
    let hub: Hub
    let es: Client
    let vr: Client
    let sent: StoredTask
    beforeEach(async () => {
      opened.clock.now = MONDAY
      hub = await hubOver(opened.store, () => opened.clock.now)
      const { url } = await hub.listen()
      es = clientAt(url, 'es')
      vr = clientAt(url, 'vr')
      sent = await referTo(es, 'T-1')
    })
    afterEach(() => hub.stop())

    const at = async (days: number, ms = 0): Promise<void> => {
      opened.clock.now = MONDAY + days * DAY + ms
      await hub.runDue()
    }
    const current = async (client = es): Promise<StoredTask> => made(await client.get(`/Task/${sent.id}`))
    const change = async (client: Client, more: object): Promise<StoredTask> => {
      const before = await current(client)
      return made(await client.put(`/Task/${sent.id}`, { ...before, ...more }, before.meta.versionId))
    }
    const seen = async () => {
      const found = await current()
      const status = (found.businessStatus as { coding: { code: string }[] }).coding[0]?.code
      return [Number(found.meta.versionId), status, ...warningsOf(found)]
    }

    it('warns of the first contact after 2 working days, and calls it overdue after 5', async () => {
      await at(2, -1)
      assert.deepEqual(await seen(), [1, 'awaiting-contact'])
      await at(2)
      assert.deepEqual(await seen(), [2, 'awaiting-contact', 'first-contact'])
      await at(3)
      assert.deepEqual(await seen(), [3, 'awaiting-contact', 'first-contact', 'answer'])
      await at(7, -1)
      assert.deepEqual((await seen())[0], 3)
      await at(7)
      assert.deepEqual(await seen(), [4, 'overdue', 'first-contact', 'answer', 'first-contact'])
    })

    it('hands a referral that nobody answers to the area monitor after 7 working days', async () => {
      await at(9)
      const found = await current()
      assert.deepEqual((await seen())[1], 'escalated')
      const outputs = found.output as { type: { coding: { code: string }[] }; valueAnnotation?: { time: string } }[]
      const [escalation] = outputs.filter(({ type }) => type.coding[0]?.code === 'escalation')
      assert.equal(escalation?.valueAnnotation?.time, new Date(MONDAY + 9 * DAY).toISOString())
    })

    it('takes the steps that fell due while no process ran in one version, each once', async () => {
      await at(11)
      assert.deepEqual(await seen(), [2, 'escalated', 'first-contact', 'answer', 'first-contact', 'answer'])
      await at(11, HOUR)
      assert.equal((await seen())[0], 2)
    })

    it('does not warn of what was done in time, and goes on with what comes next', async () => {
      await at(1)
      await change(vr, { status: 'accepted', ...business('contact-attempted') })
      await at(4, -1)
      assert.deepEqual(await seen(), [2, 'contact-attempted'])
      await at(4)
      assert.deepEqual(await seen(), [3, 'contact-attempted', 'attempt-gap'])
      await change(vr, business('contacted'))
      await at(31)
      assert.deepEqual((await seen()).slice(0, 3), [4, 'contacted', 'attempt-gap'])
      await at(34)
      assert.deepEqual((await seen()).slice(2), ['attempt-gap', 'no-update'])
    })

    it('begins again for another owner', async () => {
      await at(4)
      assert.equal((await seen())[0], 2)
      const { id } = made(
        await es.post('/Consent', consent(String((sent.for as { reference: string }).reference), 'es', 'abe')),
      )
      assert.ok(id)
      await change(es, { owner: { reference: 'Organization/abe' } })
      await at(8, -1)
      assert.equal((await seen())[0], 3)
      await at(8)
      assert.deepEqual(await seen(), [4, 'awaiting-contact', 'first-contact', 'answer', 'first-contact'])
    })

    it('ends with the referral', async () => {
      await change(es, { status: 'cancelled', statusReason: { text: 'A duplicate.' }, ...business('withdrawn') })
      await at(60)
      assert.equal((await seen())[0], 2)
      const { jobs } = await opened.store.jobs.list({ kinds: ['referral-timer'], limit: 10 })
      assert.deepEqual(jobs, [])
    })

    it('runs once where several processes run, and reads again where a party was first', async () => {
      const other = await hubOver(opened.store, () => opened.clock.now)
      opened.clock.now = MONDAY + 2 * DAY
      const before = await current()
      const [, , answer] = await Promise.all([
        hub.runDue(),
        other.runDue(),
        vr.put(`/Task/${sent.id}`, { ...before, status: 'accepted', ...business('accepted') }, before.meta.versionId),
      ])
      await Promise.all([hub.runDue(), other.runDue()])
      await other.stop()
      assert.ok([200, 412].includes(answer.status), answer.text)
      assert.deepEqual(warningsOf(await current()), ['first-contact'])
    })
  })
}
