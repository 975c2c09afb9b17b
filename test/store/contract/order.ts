/** The one order of commits: sequences without gaps, times that do not fall, the feed, and who waits for it. */
import assert from 'node:assert/strict'
import { CommitConflict } from '../../../server/store/errors.ts'
import type { Work } from '../../../server/store/store.ts'
import { each, START } from '../stores.ts'
import type { StoreKind } from '../stores.ts'
import { circle, key, named, put, remove } from '../writes.ts'

export function order(kind: StoreKind): void {
  describe(`store / ${kind.name} / order`, () => {
    const given = each(kind)

    it('begins at sequence 0', async () => {
      assert.equal(await given.store.last(), 0)
      assert.deepEqual(await given.store.feed(0, 10), [])
    })

    it('names the last sequence of an instant', async () => {
      const { store, clock } = given
      const lastAt = async (...after: number[]) => Promise.all(after.map((ms) => store.lastAt(START + ms)))
      assert.deepEqual(await lastAt(0, 9), [0, 0])
      for (const time of [2, 2, 5]) {
        clock.now = START + time
        await store.commit({ writes: [put('Task/a')] })
      }
      assert.deepEqual(await lastAt(0, 1, 2, 3, 4, 5, 9), [0, 0, 2, 2, 2, 3, 3])
    })

    it('gives the next sequence to every commit, whatever it holds, and none to a refused one', async () => {
      const { store } = given
      const sequenceOf = async (work: Work) => (await store.commit(work)).sequence
      assert.equal(await sequenceOf({ writes: [put('Task/a')] }), 1)
      assert.equal(await sequenceOf({ jobs: [{ kind: 'k', key: 'j', due: 0 }] }), 2)
      await assert.rejects(store.commit({ writes: [put('Task/a', { expect: 'absent' })] }), CommitConflict)
      await assert.rejects(store.commit({ cursors: [{ name: 'c', from: 7, to: 8 }] }), CommitConflict)
      assert.equal(await sequenceOf({ writes: [circle('Task/a')] }), 3)
      assert.equal(await sequenceOf({ writes: [remove('Task/nobody')] }), 4)
      assert.equal(await sequenceOf({ events: [{ stream: 's', sequence: 1, type: 'Task', id: 'a', version: 1 }] }), 5)
      assert.equal(await sequenceOf({ cursors: [{ name: 'c', from: 0, to: 5 }] }), 6)
      assert.equal(await sequenceOf({ guards: [{ key: key('Task/a'), expect: { version: [1] } }] }), 7)
      assert.equal(await sequenceOf({}), 8)
      assert.equal(await sequenceOf({ writes: [put('Task/b'), put('Task/c')] }), 9)
      assert.equal(await store.last(), 9)
      assert.deepEqual(
        (await store.feed(0, 99)).map(({ sequence }) => sequence),
        [1, 2, 3, 4, 5, 6, 7, 8, 9],
      )
    })

    it('lets a reader of the feed that moves its cursor only with what it produced come to an end', async () => {
      const { store } = given
      await store.commit({ writes: [put('Task/a'), put('Goal/b')] })
      let batches = 0
      for (let from = 0; ; batches++) {
        const commits = await store.feed(from, 10)
        const to = commits.at(-1)?.sequence
        if (to === undefined) break
        const events = commits.flatMap(({ sequence, versions }) =>
          versions.map(({ type, id, version }) => ({ stream: 's', sequence, type, id, version })),
        )
        if (events.length > 0) await store.commit({ events, cursors: [{ name: 'reader', from, to }] })
        from = to
      }
      assert.deepEqual([batches, await store.last(), await store.cursor('reader')], [2, 2, 1])
    })

    it('feeds every commit once, in order, in pages', async () => {
      const { store } = given
      await store.commit({ writes: [put('Task/a'), put('Task/b')] })
      await store.commit({ writes: [circle('Task/a')] })
      await store.commit({ writes: [remove('Task/none'), remove('Task/b')] })
      await store.commit({ writes: [put('Task/a')] })
      await store.commit({ cursors: [{ name: 'c', from: 0, to: 4 }] })
      const listed = (commits: Awaited<ReturnType<typeof store.feed>>) =>
        commits.map(({ sequence, versions }) => `${sequence}: ${versions.map(named).join(' ')}`)
      assert.deepEqual(listed(await store.feed(0, 3)), ['1: Task/a#1 Task/b#1', '2: ', '3: Task/b#2'])
      assert.deepEqual(listed(await store.feed(3, 3)), ['4: Task/a#2', '5: '])
      assert.deepEqual(await store.feed(5, 3), [])
    })

    it('feeds the versions as they were written', async () => {
      const made = await given.store.commit({ writes: [put('Task/a', { audience: [{ agency: 'abe', until: 5 }] })] })
      await given.store.commit({ writes: [put('Task/a')] })
      assert.deepEqual((await given.store.feed(0, 1))[0], { sequence: 1, at: START, versions: made.versions })
    })

    it('never goes back in time, whatever the clock does', async () => {
      const times: number[] = []
      for (const now of [START + 5, START - 9, START + 6]) {
        given.clock.now = now
        const { at, versions } = await given.store.commit({ writes: [put('Task/a')] })
        assert.equal(versions[0]?.at, at)
        times.push(at)
      }
      assert.deepEqual(times, [START + 5, START + 5, START + 6])
      assert.deepEqual(
        (await given.store.feed(0, 9)).map(({ at }) => at),
        times,
      )
    })

    it('wakes who waits for the commit after a sequence', async () => {
      const { store } = given
      const { signal } = new AbortController()
      let woken = 0
      const waiting = [0, 0, 1].map((after) => store.changed(after, signal).then(() => void woken++))
      await assert.rejects(store.commit({ cursors: [{ name: 'c', from: 7, to: 8 }] }), CommitConflict)
      assert.equal(woken, 0)
      await store.commit({ writes: [put('Task/a')] })
      await Promise.all(waiting.slice(0, 2))
      assert.equal(woken, 2)
      await store.commit({ writes: [put('Task/b')] })
      await waiting[2]
    })

    it('does not wait for a commit that was made, nor after the signal', async () => {
      const { store } = given
      const stop = new AbortController()
      await store.commit({ writes: [put('Task/a')] })
      await store.changed(0, stop.signal)
      const waiting = store.changed(1, stop.signal)
      stop.abort()
      await waiting
      await store.changed(1, stop.signal)
    })
  })
}
