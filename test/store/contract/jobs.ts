/** Jobs: due, leased, settled, enqueued again. Times are arguments; nothing waits. */
import assert from 'node:assert/strict'
import type { Job, NewJob } from '../../../server/store/store.ts'
import { each } from '../stores.ts'
import type { Kind } from '../stores.ts'

export function jobs(kind: Kind): void {
  describe(`store / ${kind.name} / jobs`, () => {
    const given = each(kind)
    const enqueue = (...list: NewJob[]) => given.store.commit({ jobs: list })
    const job = (key: string, due: number, parts: Partial<NewJob> = {}): NewJob => ({ kind: 'k', key, due, ...parts })
    const claim = (now: number, parts: { kinds?: string[]; lease?: number; max?: number } = {}) =>
      given.store.jobs.claim({ kinds: ['k'], lease: 10, max: 99, ...parts, now })
    const one = async (now: number): Promise<Job> => {
      const [first, ...rest] = await claim(now)
      assert.ok(first && rest.length === 0, 'exactly one job')
      return first
    }
    /** All jobs of kind `k` that are not done. */
    const list = async () => (await given.store.jobs.list({ kinds: ['k'], limit: 99 })).jobs
    const keys = (list: readonly Job[]) => list.map(({ key }) => key).join(' ')

    it('gives out what is due, the oldest first, no more than asked for', async () => {
      await enqueue(job('b', 20), job('a', 10), job('c', 30), job('d', 40), job('x', 0, { kind: 'other' }))
      assert.equal(keys(await claim(9)), '')
      assert.equal(keys(await claim(35, { max: 2 })), 'a b')
      assert.equal(keys(await claim(35, { kinds: ['k', 'other'] })), 'x c')
      assert.equal(keys(await claim(35)), '')
    })

    it('carries the payload, as JSON', async () => {
      await enqueue(job('a', 0, { payload: { to: ['x'], n: 1.5 } }), job('b', 0), job('c', 0, { payload: null }))
      assert.deepEqual(
        (await claim(0)).map(({ payload }) => payload),
        [{ to: ['x'], n: 1.5 }, undefined, null],
      )
    })

    it('gives a job to one claimer until its lease runs out', async () => {
      await enqueue(job('a', 0))
      const first = await one(0)
      assert.deepEqual([first.attempts, keys(await claim(9))], [1, ''])
      const second = await one(10)
      assert.deepEqual([second.attempts, second.fence > first.fence], [2, true])
      assert.equal(await given.store.jobs.settle(first, { done: true }), false)
      assert.equal(await given.store.jobs.renew(first, 99), false)
      assert.equal(await given.store.jobs.settle(second, { done: true }), true)
      assert.equal(await given.store.jobs.settle(second, { done: true }), false)
      assert.deepEqual(await list(), [])
    })

    it('never gives one job to two who claim at the same time', async () => {
      await enqueue(...Array.from({ length: 20 }, (_, index) => job(`j${index}`, 0)))
      const claims = await Promise.all(Array.from({ length: 10 }, () => claim(0, { max: 3 })))
      const got = claims.flat().map(({ key }) => key)
      assert.deepEqual([got.length, new Set(got).size], [20, 20])
    })

    it('keeps a lease that is renewed', async () => {
      await enqueue(job('a', 0))
      const mine = await one(0)
      assert.equal(await given.store.jobs.renew(mine, 50), true)
      assert.equal(keys(await claim(49)), '')
      assert.equal(keys(await claim(50)), 'a')
    })

    it('puts a failed job off, counts its attempts, and starts over after a success', async () => {
      await enqueue(job('a', 0))
      assert.equal(await given.store.jobs.settle(await one(0), { again: 100, error: 'no answer' }), true)
      const [waiting] = await list()
      assert.deepEqual(
        [waiting?.due, waiting?.error, waiting?.leasedUntil, waiting?.attempts],
        [100, 'no answer', undefined, 1],
      )
      assert.equal(keys(await claim(99)), '')
      const second = await one(100)
      assert.equal(second.attempts, 2)
      await given.store.jobs.settle(second, { again: 200 })
      assert.equal((await list())[0]?.error, undefined)
      assert.equal((await one(200)).attempts, 1)
    })

    it('is brought forward, never put off, by being enqueued again', async () => {
      await enqueue(job('a', 50, { payload: 'first' }))
      await enqueue(job('a', 70))
      assert.equal((await list())[0]?.due, 50)
      await enqueue(job('a', 30, { payload: 'last' }))
      const [only, ...rest] = await list()
      assert.deepEqual([only?.due, only?.payload, rest.length], [30, 'last', 0])
    })

    it('keeps the attempts of a job that waits to be tried again when it is brought forward', async () => {
      await enqueue(job('a', 0))
      await given.store.jobs.settle(await one(0), { again: 100, error: 'no' })
      await enqueue(job('a', 5))
      assert.equal((await one(5)).attempts, 2)
    })

    it('stays when it is enqueued again while somebody has it', async () => {
      await enqueue(job('a', 0))
      const mine = await one(0)
      await enqueue(job('a', 7))
      await enqueue(job('a', 8))
      assert.equal(keys(await claim(8)), '', 'not to a second one during the lease')
      assert.equal(await given.store.jobs.settle(mine, { done: true }), true)
      assert.equal(keys(await claim(6)), '')
      const again = await one(7)
      assert.equal(again.attempts, 1)
      await given.store.jobs.settle(again, { done: true })
      assert.deepEqual(await list(), [])
    })

    it('is done with the next claim when it was enqueued again during a lease that ran out', async () => {
      await enqueue(job('a', 0))
      await one(0)
      await enqueue(job('a', 50))
      await given.store.jobs.settle(await one(10), { done: true })
      assert.deepEqual(await list(), [])
    })

    it('comes back at the earlier of its own time and that of the enqueueing', async () => {
      await enqueue(job('a', 0), job('b', 0))
      const [a, b] = await claim(0)
      await enqueue(job('a', 20), job('b', 20))
      await given.store.jobs.settle(a!, { again: 30, error: 'no' })
      await given.store.jobs.settle(b!, { again: 15, error: 'no' })
      assert.deepEqual(
        (await list()).map(({ key, due }) => [key, due]),
        [
          ['b', 15],
          ['a', 20],
        ],
      )
    })

    it('says when there is something to claim next', async () => {
      const next = (...kinds: string[]) => given.store.jobs.next(kinds)
      assert.equal(await next('k'), undefined)
      await enqueue(job('a', 20), job('b', 30), job('x', 10, { kind: 'other' }))
      assert.deepEqual([await next('k'), await next('k', 'other'), await next('none')], [20, 10, undefined])
      await claim(20, { lease: 100 })
      assert.equal(await next('k'), 30)
      await claim(30, { lease: 50 })
      assert.equal(await next('k'), 80)
      assert.deepEqual(
        (await list()).map(({ leasedUntil }) => leasedUntil),
        [120, 80],
      )
    })
  })
}
