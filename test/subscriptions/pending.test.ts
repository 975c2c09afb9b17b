import assert from 'node:assert/strict'
import { resumedCursor, sentCursor } from '../../server/subscriptions/delivery-queue.ts'
import { pendingEvents } from '../../server/subscriptions/pending.ts'
import { each, START, STORES } from '../store/stores.ts'

for (const kind of STORES) {
  describe(`subscriptions / pending events over ${kind.name}`, () => {
    const opened = each(kind)
    /** As many events, each in a commit of its own, a second after the one before. */
    const happen = async (count: number): Promise<void> => {
      for (let left = count; left > 0; left -= 1) {
        opened.clock.now += 1000
        const sequence = (await opened.store.last()) + 1
        await opened.store.commit({ events: [{ stream: 's', sequence, type: 'Task', id: `t${sequence}`, version: 1 }] })
      }
    }
    const move = async (name: string, to: number) =>
      opened.store.commit({ cursors: [{ name, from: await opened.store.cursor(name), to }] })

    it('are none before the first event, and none when all were accepted', async () => {
      assert.deepEqual(await pendingEvents(opened.store, 's'), { count: 0 })
      await happen(2)
      await move(sentCursor('s'), 2)
      assert.deepEqual(await pendingEvents(opened.store, 's'), { count: 0 })
    })

    it('are those after the last one that was accepted, since the oldest of them', async () => {
      await happen(3)
      assert.deepEqual(await pendingEvents(opened.store, 's'), { count: 3, since: START + 1000 })
      await move(sentCursor('s'), 1)
      assert.deepEqual(await pendingEvents(opened.store, 's'), { count: 2, since: START + 2000 })
    })

    it('are none of those that happened while the subscription was off', async () => {
      await happen(3)
      await move(resumedCursor('s'), await opened.store.last())
      assert.deepEqual(await pendingEvents(opened.store, 's'), { count: 0 })
      await happen(1)
      assert.deepEqual(await pendingEvents(opened.store, 's'), { count: 1, since: START + 4000 })
    })
  })
}
