/** Attempts are counted by agency and kind, in every store, and none is counted as another's. */
import assert from 'node:assert/strict'
import type { OutcomeError } from '../../server/fhir/outcome.ts'
import { createAttempts } from '../../server/write/create-attempts.ts'
import { each, STORES } from '../store/stores.ts'

const LIMITS = { 'look-up': { most: 3, period: 1000 }, ssn: { most: 2, period: 5000 } } as const
const act = { subtype: 'ssn-attempt', outcome: '4', text: 'A number was tried.' } as const
const by = (agency: string, now: number) => ({ caller: { agency, role: 'agency' as const }, now })

for (const kind of STORES) {
  describe(`write / attempts over ${kind.name}`, function () {
    this.timeout(30_000)
    const opened = each(kind)
    let id = 0
    const attempts = () =>
      createAttempts({
        store: opened.store,
        index: { extract: () => [] },
        limits: LIMITS,
        newId: () => `event-${++id}`,
      })
    const events = async (): Promise<number> =>
      (
        await opened.store.find({
          type: 'AuditEvent',
          where: { op: 'and', of: [] },
          viewer: 'unrestricted',
          limit: 100,
        })
      ).versions.length
    const isRefused = (work: Promise<unknown>, wait: string) =>
      assert.rejects(work, (error: OutcomeError) => error.status === 429 && error.headers['Retry-After'] === wait)

    it('are refused after so many, until the period is over, each with one AuditEvent', async () => {
      const { count } = attempts()
      for (const mark of ['a', 'b']) await count('ssn', by('es', 1000), mark, act)
      await isRefused(count('ssn', by('es', 2500), 'c', act), '4')
      await isRefused(count('ssn', by('es', 2500), 'c', undefined), '4')
      assert.equal(await events(), 2)
      await count('ssn', by('dhs', 2500), 'c', act)
      await count('look-up', by('es', 2500), 'c', act)
      await count('ssn', by('es', 6001), 'c', act)
      assert.equal(await events(), 5)
    })

    it('count once with one mark, and pass while there may be another', async () => {
      const { count } = attempts()
      for (const _ of [1, 2, 3]) await count('ssn', by('es', 0), 'a', act)
      await count('ssn', by('es', 0), 'b', undefined)
      await count('ssn', by('es', 0), 'b', act)
      await count('ssn', by('es', 0), 'a', act)
      await isRefused(count('ssn', by('es', 0), 'c', undefined), '5')
      assert.equal(await events(), 2)
    })

    it('are all counted when they come at once', async () => {
      const { count } = attempts()
      const all = Array.from({ length: 12 }, (_, index) => count('ssn', by('es', 0), String(index), act))
      const results = await Promise.allSettled(all)
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 2)
      assert.equal(await events(), 2)
    })

    it('do not limit the board, which they are reported for all the same', async () => {
      const { count } = attempts()
      const board = { caller: { agency: 'board', role: 'board' as const }, now: 0 }
      for (const mark of ['a', 'b', 'c', 'd']) await count('ssn', board, mark, act)
      assert.equal(await events(), 4)
    })
  })
}
