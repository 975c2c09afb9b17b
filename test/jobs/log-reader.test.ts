import assert from 'node:assert/strict'
import { createLogFollower, createLogReader, type LogReader, type ReaderSpec } from '../../server/jobs/log-reader.ts'
import type { Commit, Store } from '../../server/store/store.ts'
import { each, START, STORES } from '../store/stores.ts'
import { fakeTime } from './time.ts'

for (const kind of STORES) {
  describe(`jobs / log reader over ${kind.name}`, () => {
    const opened = each(kind)
    let time: ReturnType<typeof fakeTime>
    let started: LogReader[]
    let logged: string[]
    beforeEach(() => {
      time = fakeTime(opened)
      started = []
      logged = []
    })
    afterEach(async () => {
      await Promise.all(started.map((reader) => reader.stop()))
    })

    const log = (event: string): void => void logged.push(event)
    const needs = (store: Store = opened.store) => ({
      store,
      clock: { now: () => opened.clock.now },
      sleep: time.sleep,
      log: { error: log, warn: log },
    })
    const put = async (id: string): Promise<void> => {
      const resource = { resourceType: 'Goal', id }
      await opened.store.commit({
        writes: [{ kind: 'put', method: 'PUT', resource, entries: [], audience: [{ agency: '*' }], author: 'es' }],
      })
    }
    const idsOf = (commits: readonly Commit[]): string[] =>
      commits.flatMap(({ versions }) => versions.map((version) => version.id))
    /** A reader that makes an event of every record, and notes what it handled. */
    const reader = (more: Partial<ReaderSpec> = {}, store?: Store) => {
      const handled: string[] = []
      const made = createLogReader(needs(store), {
        name: 'reader',
        batch: 2,
        async handle(commits) {
          handled.push(...idsOf(commits))
          return {
            events: commits.flatMap(({ sequence, versions }) =>
              versions.map(({ type, id, version }) => ({ stream: 's', sequence, type, id, version })),
            ),
          }
        },
        ...more,
      })
      started.push(made)
      return { ...made, handled }
    }
    const events = async () => (await opened.store.events('s', { from: 1, limit: 100 })).map(({ id }) => id)

    it('handles every commit once, in order, and moves its cursor with what it made', async () => {
      for (const id of ['a', 'b', 'c']) await put(id)
      await reader().drain()
      await put('d')
      await reader().drain()
      assert.deepEqual(await events(), ['a', 'b', 'c', 'd'])
      assert.ok((await opened.store.cursor('reader')) >= 4)
    })

    it('says how far it has read, and nothing while it does not read', async () => {
      const { drain, position, name } = reader({ handle: async () => ({}) })
      assert.deepEqual([name, position()], ['reader', undefined])
      for (const id of ['a', 'b', 'c']) await put(id)
      await drain()
      assert.equal(position(), await opened.store.last())
      assert.equal(await opened.store.cursor('reader'), 0, 'the cursor in the store is behind it')
      const failing = reader({ handle: async () => Promise.reject(new RangeError('no')) })
      await assert.rejects(failing.drain(), RangeError)
      assert.equal(failing.position(), undefined)
    })

    it('begins again at its cursor after a fault, from what it kept there', async () => {
      const began: number[] = []
      let fails = true
      await put('a')
      const { drain } = reader({
        begin: async (sequence) => void began.push(sequence),
        handle: async (commits) => {
          if (fails) throw new RangeError('no')
          return { jobs: idsOf(commits).map((key) => ({ kind: 'made', key, due: START })) }
        },
      })
      await assert.rejects(drain(), RangeError)
      fails = false
      await drain()
      assert.deepEqual(began, [0, 0])
      const jobs = await opened.store.jobs.claim({ kinds: ['made'], now: START, lease: 1, max: 10 })
      assert.deepEqual(
        jobs.map((job) => job.key),
        ['a'],
      )
    })

    it('commits nothing for a batch that calls for nothing, but its cursor after a thousand sequences and at the end', async () => {
      const { drain, stop } = reader({ batch: 100, handle: async () => ({ events: [] }) })
      await Promise.all(Array.from({ length: 1_010 }, (_, number) => put(`r${number}`)))
      await drain()
      assert.equal(await opened.store.cursor('reader'), 1_000)
      await stop()
      assert.ok((await opened.store.cursor('reader')) >= 1_010)
    })

    it('reads at once what is committed while it waits', async () => {
      const made = reader()
      made.start()
      await time.settle()
      await put('a')
      while ((await events()).length === 0) await time.settle()
      assert.deepEqual(made.handled, ['a'])
    })

    it('reads in one process at a time; the next one begins when that one stops', async () => {
      const [one, other] = [reader(), reader()]
      one.start()
      await time.settle()
      other.start()
      await time.settle()
      await put('a')
      while ((await events()).length < 1) await time.settle()
      assert.deepEqual([one.handled, other.handled], [['a'], []])
      await one.stop()
      await put('b')
      await time.pass(5_000)
      while ((await events()).length < 2) await time.settle()
      assert.deepEqual([one.handled, other.handled], [['a'], ['b']])
    })

    it('is taken over when the process that held the lease is gone', async () => {
      await opened.store.commit({ jobs: [{ kind: 'read-log/reader', key: 'reader', due: START }] })
      await opened.store.jobs.claim({ kinds: ['read-log/reader'], now: START, lease: 45_000, max: 1 })
      const made = reader()
      made.start()
      await put('a')
      for (let seconds = 0; seconds < 45; seconds += 5) {
        assert.deepEqual(made.handled, [])
        await time.pass(5_000)
      }
      while ((await events()).length < 1) await time.settle()
    })

    it('makes nothing twice when two processes read at once', async () => {
      for (const id of ['a', 'b', 'c', 'd', 'e']) await put(id)
      await Promise.all([reader().drain(), reader().drain(), reader().drain()])
      assert.deepEqual(await events(), ['a', 'b', 'c', 'd', 'e'])
    })

    it('goes on, and says so in the log, after the store could not be read', async () => {
      let broken = true
      const feed: Store['feed'] = (after, limit) =>
        broken ? Promise.reject(new Error('busy')) : opened.store.feed(after, limit)
      const made = reader({}, { ...opened.store, feed })
      await put('a')
      made.start()
      while (logged.length === 0) await time.settle()
      broken = false
      await time.pass(1_000)
      while ((await events()).length < 1) await time.settle()
      assert.deepEqual(logged, ['log reader failed'])
    })

    it('follows in every process by itself, in memory, and commits nothing', async () => {
      await put('before')
      const follower = (began: string[]) => {
        const made = createLogFollower(needs(), {
          name: 'follower',
          batch: 10,
          begin: async () => opened.store.last(),
          handle: async (commits) => void began.push(...idsOf(commits)),
        })
        started.push(made)
        return made
      }
      const seen: readonly string[][] = [[], []]
      const [one, other] = [follower(seen[0]!), follower(seen[1]!)]
      await one.drain()
      await other.drain()
      const last = await opened.store.last()
      await put('after')
      await Promise.all([one.drain(), other.drain()])
      assert.deepEqual(seen, [['after'], ['after']])
      assert.equal(await opened.store.last(), last + 1)
      assert.equal(await opened.store.cursor('follower'), 0)
    })
  })
}
