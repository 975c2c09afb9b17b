/** The memory evaluator against the cases of every evaluator, and who sees what. */
import assert from 'node:assert/strict'
import { cursorAt, match, order, positionOf, sortValues, visible } from '../../server/search/match.ts'
import { searchContract } from './cases.ts'

searchContract('memory', async (records, { where, sort }) => {
  const compare = order(sort)
  return records
    .map((record, creation) => ({ record, position: { values: sortValues(sort, record), creation } }))
    .filter(({ record }) => match(where, record))
    .sort((a, b) => compare(a.position, b.position))
    .map(({ record }) => record.id)
})

describe('search / visible', () => {
  const at = 1000
  const sight = { agency: 'abe', at }

  it('shows everything to the hub itself', () => {
    assert.equal(visible([], 'unrestricted'), true)
  })

  it('shows nothing without an audience', () => {
    assert.equal(visible([], sight), false)
  })

  it('shows what names the agency or everyone', () => {
    assert.equal(visible([{ agency: 'abe' }], sight), true)
    assert.equal(visible([{ agency: '*' }], sight), true)
    assert.equal(visible([{ agency: 'mdes' }], sight), false)
  })

  it('counts from the first instant until just before the last', () => {
    assert.equal(visible([{ agency: 'abe', from: at }], sight), true)
    assert.equal(visible([{ agency: 'abe', from: at + 1 }], sight), false)
    assert.equal(visible([{ agency: 'abe', until: at + 1 }], sight), true)
    assert.equal(visible([{ agency: 'abe', until: at }], sight), false)
  })

  it('does not add up two audiences that fail for different reasons', () => {
    assert.equal(visible([{ agency: 'abe', until: at }, { agency: 'mdes' }], sight), false)
  })
})

describe('search / position', () => {
  it('survives the way through a cursor', () => {
    const position = { values: ['x', null, 3], creation: 7 }
    assert.deepEqual(positionOf(cursorAt(position)), position)
  })
})
