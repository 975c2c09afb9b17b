/** What a commit carries in addition to writes: events, cursors, jobs, and the claim under which it is made. */
import assert from 'node:assert/strict'
import type { NewEvent } from '../../../server/store/store.ts'
import { each, START } from '../stores.ts'
import type { StoreKind } from '../stores.ts'
import { EVERYTHING, key, put } from '../writes.ts'
import { conflict } from './versions.ts'

const event = (sequence: number, parts: Partial<NewEvent> = {}): NewEvent => ({
  stream: 's',
  sequence,
  type: 'Task',
  id: 'a',
  version: 1,
  ...parts,
})

export function work(kind: StoreKind): void {
  describe(`store / ${kind.name} / events`, () => {
    const given = each(kind)
    const numbers = async (stream: string) =>
      (await given.store.events(stream, { from: 1, limit: 99 }))
        .map(({ number, sequence }) => `${number}=${sequence}`)
        .join(' ')

    it('numbers the events of each stream from 1', async () => {
      await given.store.commit({ events: [event(4), event(7), event(4, { stream: 't' })] })
      await given.store.commit({ events: [event(9)] })
      assert.equal(await numbers('s'), '1=4 2=7 3=9')
      assert.equal(await numbers('t'), '1=4')
      assert.deepEqual([await given.store.eventCount('s'), await given.store.eventCount('u')], [3, 0])
    })

    it('keeps one event for one change: a replay does nothing and leaves no gap', async () => {
      await given.store.commit({ events: [event(1), event(1, { id: 'b' }), event(1)] })
      await given.store.commit({ events: [event(1, { version: 2 }), event(1, { type: 'Goal' })] })
      assert.equal(await numbers('s'), '1=1 2=1 3=1')
    })

    it('removes the events of a stream up to a number, but never the last one, and numbers on', async () => {
      const { store } = given
      await store.commit({ events: [1, 2, 3].map((sequence) => event(sequence)) })
      await store.commit({ events: [event(1, { stream: 't' })] })
      await store.commit({ purges: [{ stream: 's', to: 2 }] })
      assert.equal(await numbers('s'), '3=3')
      await store.commit({
        purges: [
          { stream: 's', to: 9 },
          { stream: 'none', to: 9 },
        ],
      })
      assert.equal(await numbers('s'), '3=3')
      assert.equal(await store.eventCount('s'), 3)
      await store.commit({ events: [event(4)] })
      assert.equal(await numbers('s'), '3=3 4=4')
      assert.equal(await numbers('t'), '1=1')
    })

    it('gives events back whole, by their numbers', async () => {
      await given.store.commit({ events: [1, 2, 3, 4].map((version) => event(version, { version })) })
      const read = async (range: { from: number; to?: number; limit: number }) =>
        (await given.store.events('s', range)).map(({ number }) => number)
      assert.deepEqual(await read({ from: 2, to: 3, limit: 9 }), [2, 3])
      assert.deepEqual(await read({ from: 2, limit: 2 }), [2, 3])
      assert.deepEqual(await read({ from: 4, to: 99, limit: 9 }), [4])
      const [third] = await given.store.events('s', { from: 3, limit: 1 })
      assert.deepEqual(third, { ...event(3, { version: 3 }), number: 3, at: START })
    })
  })

  describe(`store / ${kind.name} / cursors`, () => {
    const given = each(kind)

    it('moves a cursor only from where it is', async () => {
      const { store } = given
      assert.equal(await store.cursor('matcher'), 0)
      await store.commit({ cursors: [{ name: 'matcher', from: 0, to: 5 }] })
      await assert.rejects(
        store.commit({
          cursors: [
            { name: 'other', from: 0, to: 1 },
            { name: 'matcher', from: 0, to: 6 },
          ],
        }),
        conflict('cursor', 1, 5),
      )
      assert.deepEqual([await store.cursor('matcher'), await store.cursor('other')], [5, 0])
      await store.commit({ cursors: [{ name: 'matcher', from: 5, to: 2 }] })
      assert.equal(await store.cursor('matcher'), 2)
    })

    it('lets one of two movers win', async () => {
      const move = () => given.store.commit({ cursors: [{ name: 'm', from: 0, to: 1 }], events: [event(1)] })
      const ends = await Promise.allSettled([move(), move(), move()])
      assert.deepEqual(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected'])
    })
  })

  describe(`store / ${kind.name} / claim`, () => {
    const given = each(kind)
    const claimed = async (now = START) => {
      const [job] = await given.store.jobs.claim({ kinds: ['k'], now, lease: 10, max: 1 })
      return job!
    }

    it('lets a commit happen while its claim holds', async () => {
      await given.store.commit({ jobs: [{ kind: 'k', key: 'j', due: START }] })
      const claim = await claimed()
      await given.store.commit({ claim, writes: [put('Task/a')] })
      const later = await claimed(START + 10)
      await assert.rejects(given.store.commit({ claim, writes: [put('Task/b')] }), conflict('claim', 0, 0))
      await given.store.commit({ claim: later, writes: [put('Task/b')] })
      await given.store.jobs.settle(later, { again: START })
      await assert.rejects(given.store.commit({ claim: later }), conflict('claim', 0, 0))
      assert.equal((await given.store.read(key('Task/b'), EVERYTHING))?.version, 1)
      assert.equal(await given.store.last(), 3)
    })

    it('is not fooled by a job of the same key that came after', async () => {
      await given.store.commit({ jobs: [{ kind: 'k', key: 'j', due: START }] })
      const old = await claimed()
      await given.store.jobs.settle(old, { done: true })
      await given.store.commit({ jobs: [{ kind: 'k', key: 'j', due: START }] })
      await claimed()
      await assert.rejects(given.store.commit({ claim: old }), conflict('claim', 0, 0))
      assert.equal(await given.store.jobs.settle(old, { done: true }), false)
    })
  })
}
