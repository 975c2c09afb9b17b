/** A changed table of timers: at a start every open referral is armed by it, also one that no timer watched before. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parseTimers, type TimerTable } from '../../server/domain/timer/table.ts'
import type { Hub } from '../../server/hub.ts'
import type { JsonObject } from '../../server/fhir/types.ts'
import { ROOT } from '../checks/files.ts'
import { clientAt, made } from '../given.ts'
import { DAY, hubOver, MONDAY, referTo, warningsOf, type StoredTask } from '../jobs/clocked-hub.ts'
import { each, STORES } from '../store/stores.ts'

const published = JSON.parse(readFileSync(`${ROOT}/capability/rules/timers.json`, 'utf8')) as JsonObject

/** The published table with these days before the first steps of the rules of a referral that nobody answers. */
function tableWith(firstContact: number, override?: object): TimerTable {
  const overrides = override === undefined ? [] : [override as JsonObject]
  const table = parseTimers({ ...published, overrides }, ['requested', 'accepted', 'in-progress', 'on-hold'])
  const timers = table.timers.map((timer) => {
    if (timer.rule !== 'first-contact') return timer
    return { ...timer, steps: [{ ...timer.steps[0]!, after: firstContact }] }
  })
  return { ...table, timers }
}

for (const kind of STORES) {
  describe(`start / timers over ${kind.name}`, () => {
    const opened = each(kind)
    let hub: Hub | undefined
    afterEach(async () => {
      await hub?.stop()
      hub = undefined
    })

    const start = async (timers?: TimerTable) => {
      await hub?.stop()
      hub = await hubOver(opened.store, () => opened.clock.now, timers)
      return (await hub.listen()).url
    }
    const warned = async (task: StoredTask, days: number) => {
      opened.clock.now = MONDAY + days * DAY
      await hub!.runDue()
      return warningsOf(made(await clientAt(await start(tableWith(1)), 'es').get(`/Task/${task.id}`)))
    }

    it('arms open referrals anew, the closed ones not', async () => {
      opened.clock.now = MONDAY
      const es = clientAt(await start(tableWith(60)), 'es')
      const [open, closed] = [await referTo(es, 'T-1'), await referTo(es, 'T-2')]
      const business = {
        coding: [{ ...(closed.businessStatus as { coding: JsonObject[] }).coding[0], code: 'withdrawn' }],
      }
      const end = { ...closed, status: 'cancelled', statusReason: { text: 'A duplicate.' }, businessStatus: business }
      made(await es.put(`/Task/${closed.id}`, end, closed.meta.versionId))
      await start(tableWith(1))
      assert.deepEqual(await warned(open, 1), ['first-contact'])
      assert.deepEqual(await warned(closed, 1), [])
    })

    it('arms the referrals of a store whose hub had no timers', async () => {
      opened.clock.now = MONDAY
      const open = await referTo(clientAt(await start(), 'es'), 'T-1')
      // As if an older hub had written it: no job, and no record of what it is armed by.
      const kinds = ['referral-timer']
      const [job] = await opened.store.jobs.claim({ kinds, now: MONDAY + 9 * DAY, lease: 1_000, max: 1 })
      await opened.store.jobs.settle(job!, { done: true })
      await opened.store.commit({
        writes: [
          { kind: 'remove', key: { type: 'Published', id: 'timers' }, audience: [], entries: [], author: 'hub' },
        ],
      })
      await start()
      assert.deepEqual(await warned(open, 2), ['first-contact'])
    })

    it('leaves the jobs alone where nothing changed', async () => {
      opened.clock.now = MONDAY
      await referTo(clientAt(await start(), 'es'), 'T-1')
      const due = async () => (await opened.store.jobs.list({ kinds: ['referral-timer'], limit: 9 })).jobs[0]?.due
      const before = await due()
      await start()
      assert.deepEqual([await due(), before], [MONDAY + 2 * DAY, MONDAY + 2 * DAY])
    })

    it('takes the steps of an agency where the table has some', async () => {
      opened.clock.now = MONDAY
      const steps = [{ after: 4, unit: 'working-days', level: 'overdue', businessStatus: 'overdue', tell: ['owner'] }]
      const es = clientAt(await start(tableWith(1, { rule: 'first-contact', agency: 'vr', steps })), 'es')
      const task = await referTo(es, 'T-1')
      opened.clock.now = MONDAY + 3 * DAY - 1
      await hub!.runDue()
      assert.deepEqual(warningsOf(made(await es.get(`/Task/${task.id}`))), [])
      opened.clock.now = MONDAY + 4 * DAY
      await hub!.runDue()
      assert.deepEqual(warningsOf(made(await es.get(`/Task/${task.id}`))), ['answer', 'first-contact'])
    })

    it('takes the steps of a program by the service of the referral', async () => {
      opened.clock.now = MONDAY
      const steps = [{ after: 1, unit: 'days', level: 'warning', tell: ['owner'] }]
      const program = { rule: 'first-contact', program: 'wagner-peyser', steps }
      const es = clientAt(await start(tableWith(2, program)), 'es')
      const task = await referTo(es, 'T-1')
      opened.clock.now = MONDAY + DAY
      await hub!.runDue()
      assert.deepEqual(warningsOf(made(await es.get(`/Task/${task.id}`))), ['first-contact'])
    })
  })
}
