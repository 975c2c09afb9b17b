/** Jobs: due, leased, settled, enqueued again. Times are arguments; nothing waits. */
import assert from 'node:assert/strict'
import type { Job, JobQuery, NewJob } from '../../../server/store/store.ts'
import { each } from '../stores.ts'
import type { StoreKind } from '../stores.ts'

export function jobs(kind: StoreKind): void {
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

    it('lists the job of one key, with its payload or without', async () => {
      const payload = { text: 'x' }
      await enqueue({ kind: 'k', key: 'a', due: 1, payload }, { kind: 'k', key: 'b', due: 2, payload })
      const found = async (query: Partial<JobQuery>) =>
        (await given.store.jobs.list({ kinds: ['k'], limit: 9, ...query })).jobs.map((job) => [job.key, job.payload])
      assert.deepEqual(await found({ key: 'b' }), [['b', payload]])
      assert.deepEqual(await found({ key: 'c' }), [])
      assert.deepEqual(await found({ withoutPayload: true }), [
        ['a', undefined],
        ['b', undefined],
      ])
    })

    it('gives out what is due, the oldest first, no more than requested', async () => {
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

    it('keeps a failed job for a person: nobody claims it, and it is listed with its error', async () => {
      given.clock.now = 0
      await enqueue(job('a', 0, { payload: 'p' }))
      assert.equal(await given.store.jobs.settle(await one(0), { failed: 'no such endpoint' }), true)
      assert.deepEqual([keys(await claim(1e9)), await given.store.jobs.next(['k'])], ['', undefined])
      const [failed] = await list()
      assert.deepEqual(
        [failed?.state, failed?.error, failed?.payload, failed?.attempts, failed?.leasedUntil],
        ['failed', 'no such endpoint', 'p', 1, undefined],
      )
    })

    it('makes a failed job ready again when a person retries it, with no attempts', async () => {
      await enqueue(job('a', 0), job('b', 0))
      const [a] = await claim(0, { max: 1 })
      await given.store.jobs.settle(a!, { failed: 'no' })
      const retry = (key: string) => given.store.jobs.retry('k', key, 5)
      assert.deepEqual(
        [await retry('a'), await retry('a'), await retry('b'), await retry('c')],
        [true, false, false, false],
      )
      const again = (await claim(5)).find(({ key }) => key === 'a')
      assert.deepEqual([again?.due, again?.attempts], [5, 1])
    })

    it('makes a failed job ready again when it is enqueued, and keeps its attempts', async () => {
      await enqueue(job('a', 0, { payload: 'p' }))
      await given.store.jobs.settle(await one(0), { failed: 'no' })
      await enqueue(job('a', 7))
      assert.equal(keys(await claim(6)), '')
      const again = await one(7)
      assert.deepEqual([again.attempts, again.payload], [2, 'p'])
    })

    it('is ready again, not failed, when it was enqueued while the attempt that failed was going on', async () => {
      await enqueue(job('a', 0))
      const mine = await one(0)
      await enqueue(job('a', 7))
      await given.store.jobs.settle(mine, { failed: 'no' })
      assert.equal((await one(7)).attempts, 2)
    })

    it('leaves a tombstone of a done job, so that a replayed enqueue does not bring it back', async () => {
      await enqueue(job('a', 0, { sequence: 7, payload: 'private' }))
      await given.store.jobs.settle(await one(0), { done: true })
      for (const sequence of [7, 6]) await enqueue(job('a', 0, { sequence }))
      assert.deepEqual([keys(await claim(9)), await list()], ['', []])
      const done = await given.store.jobs.list({ states: ['done'], limit: 9 })
      assert.deepEqual(
        done.jobs.map(({ key, state, sequence, payload }) => [key, state, sequence, payload]),
        [['a', 'done', 7, undefined]],
      )
      await enqueue(job('a', 3, { sequence: 8 }))
      assert.deepEqual([(await one(3)).attempts, (await list())[0]?.sequence], [1, 8])
    })

    it('remembers the sequence of the commit that enqueued it, and takes a later commit as new', async () => {
      await given.store.commit({})
      await enqueue(job('a', 0))
      assert.equal((await list())[0]?.sequence, 2)
      await given.store.jobs.settle(await one(0), { done: true })
      await enqueue(job('a', 0))
      assert.deepEqual([keys(await claim(0)), (await list())[0]?.sequence], ['a', 3])
    })

    it('takes a replay for nothing whatever the state of the job', async () => {
      await enqueue(job('a', 50, { sequence: 5 }), job('b', 0, { sequence: 5 }), job('c', 0, { sequence: 5 }))
      const [b, c] = await claim(0)
      await given.store.jobs.settle(c!, { failed: 'no' })
      await enqueue(...['a', 'b', 'c'].map((key) => job(key, 1, { sequence: 5, payload: 'again' })))
      assert.equal(keys(await claim(9)), '')
      assert.deepEqual((await list()).map(({ key, payload }) => [key, payload]).sort(), [
        ['a', undefined],
        ['b', undefined],
        ['c', undefined],
      ])
      await given.store.jobs.settle(b!, { done: true })
      assert.equal(keys(await list()), 'c a')
    })

    it('merges the jobs of one key in one commit', async () => {
      await enqueue(job('a', 9, { payload: 1 }), job('a', 4, { payload: 2 }), job('a', 6))
      assert.deepEqual(
        (await list()).map(({ due, payload }) => [due, payload]),
        [[4, 2]],
      )
    })

    it('lists states at the time of the clock, in pages by due time', async () => {
      const { jobs: listed } = given.store
      await enqueue(...['a', 'b', 'c', 'd', 'e'].map((key, due) => job(key, due)), job('x', 2, { kind: 'l' }))
      const claimed = await claim(2, { lease: 5 })
      await listed.settle(claimed[0]!, { done: true })
      await listed.settle(claimed[1]!, { failed: 'no' })
      const at = async (now: number, parts: Partial<JobQuery> = {}) => {
        given.clock.now = now
        const { jobs: page, next } = await listed.list({ limit: 99, ...parts })
        return { text: page.map(({ key, state }) => `${key} ${state}`).join(', '), next }
      }
      assert.equal((await at(3)).text, 'b failed, c running, x ready, d ready, e scheduled')
      assert.equal((await at(7)).text, 'b failed, c ready, x ready, d ready, e ready', 'the lease of c ran out')
      assert.equal((await at(3, { kinds: ['l'] })).text, 'x ready')
      assert.equal((await at(3, { states: ['running', 'done'] })).text, 'a done, c running')
      assert.equal((await at(3, { states: [] })).text, '')
      const first = await at(3, { limit: 2 })
      assert.equal(first.text, 'b failed, c running')
      const second = await at(3, { limit: 3, after: first.next! })
      assert.deepEqual([second.text, second.next], ['x ready, d ready, e scheduled', undefined])
    })

    it('counts the jobs of each kind and state at the time of the clock, with the earliest due time', async () => {
      const { jobs: counted } = given.store
      assert.deepEqual(await counted.count(), [])
      await enqueue(...['a', 'b', 'c', 'd', 'e'].map((key, due) => job(key, due)), job('x', 2, { kind: 'l' }))
      const claimed = await claim(2, { lease: 5 })
      await counted.settle(claimed[0]!, { done: true })
      await counted.settle(claimed[1]!, { failed: 'no' })
      const at = async (now: number) => {
        given.clock.now = now
        return (await counted.count()).map(({ kind, state, count, due }) => `${kind} ${state} ${count} ${due}`).sort()
      }
      assert.deepEqual(await at(2), ['k failed 1 1', 'k running 1 2', 'k scheduled 2 3', 'l ready 1 2'])
      assert.deepEqual(await at(7), ['k failed 1 1', 'k ready 3 2', 'l ready 1 2'], 'the lease of c ran out')
    })
  })
}
