/** How a query is answered: a figure of a store, and never of what the viewer may not know of. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { conjuncts, type Filter, type Query } from '../../../server/search/query.ts'
import type { Explanation } from '../../../server/store/explanation.ts'
import type { Write } from '../../../server/store/store.ts'
import { question } from '../questions.ts'
import { each } from '../stores.ts'
import type { StoreKind } from '../stores.ts'
import { isToken, put, query, remove, token } from '../writes.ts'
import { TIMES } from '../../times.ts'

const RUNS = 50 * TIMES

const abe = { agency: 'abe', at: 1000 }

const task = (id: string, status: string, code: string, agency = 'abe'): Write =>
  put(`Task/${id}`, { entries: [token('status', status), token('code', code)], audience: [{ agency }] })

/** Many with status x, few with code y. */
const TASKS = Array.from({ length: 12 }, (_, index) => task(`t${index}`, 'x', index < 3 ? 'y' : 'z'))

const both: Filter = { op: 'and', of: [isToken('status', 'x'), isToken('code', 'y')] }

/** Without what differs from time to time. */
const figures = ({ reads }: Explanation) => reads

export function explain(kind: StoreKind): void {
  describe(`store / ${kind.name} / explain`, () => {
    const given = each(kind)

    it('names where records are read from and each condition that they are tested by', async () => {
      await given.store.commit({ writes: TASKS })
      const { reads, ms, thread } = await given.store.explain(query('Task', { where: both, viewer: abe }))
      assert.equal(reads.length, 1)
      const [{ purpose, from, tests, read }] = reads as [(typeof reads)[number]]
      const named = [...tests, ...(from.kind === 'list' ? [from.of] : [])].map((one) => JSON.stringify(one))
      for (const one of [...conjuncts(both), { op: 'visible' }, { op: 'not-deleted' }])
        assert.ok(named.includes(JSON.stringify(one)), JSON.stringify(one))
      assert.equal(purpose, 'page')
      assert.ok(read >= 3 && read <= 12, `${read} records`)
      assert.ok(ms >= 0 && typeof thread === 'boolean')
    })

    it('explains the page, the total, or both', async () => {
      await given.store.commit({ writes: TASKS })
      const purposes = async (parts: Partial<Query>) =>
        (await given.store.explain(query('Task', parts))).reads.map(({ purpose }) => purpose)
      assert.deepEqual(await purposes({ limit: 2 }), ['page'])
      assert.deepEqual(await purposes({ limit: 2, total: true }), ['page', 'total'])
      assert.deepEqual(await purposes({ limit: 0, total: true }), ['total'])
      assert.deepEqual(await purposes({ limit: 0 }), [])
    })

    it('is the same whatever records there are that the viewer may not know of', async () => {
      const queries = [
        query('Task', { where: both, viewer: abe, total: true }),
        query('Task', { where: isToken('status', 'x'), viewer: abe, limit: 2 }),
        query('Task', { where: isToken('code', 'never'), viewer: abe }),
        query('Task', { where: isToken('code', 'hidden'), viewer: abe }),
        query('Task', { where: { op: 'id', ids: ['t1', 'h1'] }, viewer: abe }),
        query('*', { where: both, viewer: abe }),
      ]
      const all = () => Promise.all(queries.map(async (one) => figures(await given.store.explain(one))))
      await given.store.commit({ writes: TASKS })
      // The values are known to the store from a record that is not there any more.
      await given.store.commit({ writes: [put('Goal/g', { entries: [token('code', 'hidden')], audience: [] })] })
      await given.store.commit({ writes: [remove('Goal/g', { audience: [] })] })
      const before = await all()
      const hidden = Array.from({ length: 40 }, (_, index) =>
        task(`h${index}`, 'x', index < 20 ? 'y' : 'hidden', 'snap'),
      )
      await given.store.commit({ writes: hidden })
      assert.deepEqual(await all(), before)
    })

    it('explains any query that is answered', async () => {
      await given.store.commit({ writes: TASKS })
      const property = fc.asyncProperty(question, async ({ asOf: _, ...one }) => {
        const { reads } = await given.store.explain(one)
        const { versions } = await given.store.find(one)
        for (const { purpose, read } of reads) if (purpose === 'page') assert.ok(read >= versions.length)
      })
      await fc.assert(property, { numRuns: RUNS })
    })
  })
}
