/** The last commits in memory: a part of the log without a gap, up to its end. */
import assert from 'node:assert/strict'
import { createLogTail } from '../../../server/store/sqlite/log-tail.ts'
import type { Committed, Version } from '../../../server/store/store.ts'

const commit = (sequence: number, characters: number): Committed => ({
  sequence,
  at: 0,
  versions: [undefined, { id: String(sequence), text: 'x'.repeat(characters) } as Version],
})

describe('store / sqlite / log tail', () => {
  const sequences = (tail: ReturnType<typeof createLogTail>, after: number, limit = 10) =>
    tail.after(after, limit)?.map(({ sequence }) => sequence)

  it('gives the commits after a sequence, with the versions that were made', () => {
    const tail = createLogTail()
    for (const sequence of [7, 8, 9]) tail.add(commit(sequence, 10))
    assert.deepEqual(sequences(tail, 6), [7, 8, 9])
    assert.deepEqual(sequences(tail, 7, 1), [8])
    assert.deepEqual(sequences(tail, 9), [])
    assert.deepEqual(
      tail.after(8, 1)?.[0]?.versions.map(({ id }) => id),
      ['9'],
    )
  })

  it('does not know what came before it, nor anything at first', () => {
    const tail = createLogTail()
    assert.equal(sequences(tail, 0), undefined)
    tail.add(commit(7, 10))
    assert.equal(sequences(tail, 5), undefined)
  })

  it('keeps only as much text as is decided', () => {
    const tail = createLogTail()
    for (const sequence of [1, 2, 3, 4, 5]) tail.add(commit(sequence, 125_000))
    assert.equal(sequences(tail, 1), undefined)
    assert.deepEqual(sequences(tail, 2), [3, 4, 5])
  })

  it('keeps the last commit, whatever its size', () => {
    const tail = createLogTail()
    for (const sequence of [1, 2]) tail.add(commit(sequence, 1_000_000))
    assert.deepEqual([sequences(tail, 0), sequences(tail, 1)], [undefined, [2]])
  })
})
