import assert from 'node:assert/strict'
import { createFairQueue } from '../../../server/store/sqlite/fair-queue.ts'

const nobody = new Set<string>()

describe('store / sqlite / the queue of long reads', () => {
  it('lets the agencies take turns, each with its own in order', () => {
    const queue = createFairQueue<string>()
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']) queue.put(item[0]!, item)
    const taken = Array.from({ length: 7 }, () => queue.take(nobody))
    assert.deepEqual(taken, ['a1', 'b1', 'c1', 'a2', 'c2', 'a3', undefined])
  })

  it('passes over an agency that is busy, and keeps its turn', () => {
    const queue = createFairQueue<string>()
    for (const item of ['a1', 'a2', 'b1']) queue.put(item[0]!, item)
    assert.equal(queue.take(new Set(['a'])), 'b1')
    assert.equal(queue.take(new Set(['a'])), undefined)
    assert.equal(queue.take(nobody), 'a1')
  })

  it('gives everything back when it is cleared', () => {
    const queue = createFairQueue<string>()
    for (const item of ['a1', 'b1', 'a2']) queue.put(item[0]!, item)
    assert.deepEqual(queue.clear(), ['a1', 'a2', 'b1'])
    assert.equal(queue.take(nobody), undefined)
  })
})
