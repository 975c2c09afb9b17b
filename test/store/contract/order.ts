/** The one order of commits: places without gaps, times that do not fall, the feed, and who waits for it. */
import assert from 'node:assert/strict'
import { CommitConflict } from '../../../server/store/store.ts'
import { each, START } from '../stores.ts'
import type { Kind } from '../stores.ts'
import { circle, named, put, remove } from '../writes.ts'

export function order(kind: Kind): void {
  describe(`store / ${kind.name} / order`, () => {
    const given = each(kind)

    it('begins at place 0', async () => {
      assert.equal(await given.store.last(), 0)
      assert.deepEqual(await given.store.feed(0, 10), [])
    })

    it('gives a place to each commit with writes, and to no other', async () => {
      const { store } = given
      assert.equal((await store.commit({ writes: [put('Task/a')] })).sequence, 1)
      assert.equal((await store.commit({ jobs: [{ kind: 'k', key: 'j', due: 0 }] })).sequence, 0)
      await assert.rejects(store.commit({ writes: [put('Task/a', { expect: 'absent' })] }), CommitConflict)
      assert.equal((await store.commit({ writes: [circle('Task/a')] })).sequence, 2)
      assert.equal((await store.commit({ writes: [remove('Task/nobody')] })).sequence, 3)
      assert.equal((await store.commit({ writes: [put('Task/b'), put('Task/c')] })).sequence, 4)
      assert.equal(await store.last(), 4)
    })

    it('feeds every commit once, in order, in pages', async () => {
      const { store } = given
      await store.commit({ writes: [put('Task/a'), put('Task/b')] })
      await store.commit({ writes: [circle('Task/a')] })
      await store.commit({ writes: [remove('Task/none'), remove('Task/b')] })
      await store.commit({ writes: [put('Task/a')] })
      const told = (commits: Awaited<ReturnType<typeof store.feed>>) =>
        commits.map(({ sequence, versions }) => `${sequence}: ${versions.map(named).join(' ')}`)
      assert.deepEqual(told(await store.feed(0, 3)), ['1: Task/a#1 Task/b#1', '2: ', '3: Task/b#2'])
      assert.deepEqual(told(await store.feed(3, 3)), ['4: Task/a#2'])
      assert.deepEqual(await store.feed(4, 3), [])
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

    it('wakes who waits for a place once it is passed', async () => {
      const { store } = given
      const { signal } = new AbortController()
      let woken = 0
      const waiting = [0, 0, 1].map((after) => store.changed(after, signal).then(() => void woken++))
      await store.commit({ jobs: [{ kind: 'k', key: 'j', due: 0 }] })
      assert.equal(woken, 0)
      await store.commit({ writes: [put('Task/a')] })
      await Promise.all(waiting.slice(0, 2))
      assert.equal(woken, 2)
      await store.commit({ writes: [put('Task/b')] })
      await waiting[2]
    })

    it('does not let wait for a place that is passed, nor after the signal', async () => {
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
