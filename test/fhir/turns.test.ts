import assert from 'node:assert/strict'
import fc from 'fast-check'
import { bytesInTurns, inTurns, TURN } from '../../server/fhir/turns.ts'
import { turnsOf } from './turns-of.ts'

describe('fhir / work in turns', () => {
  it('makes of each item what the step makes, in order', async () => {
    const list = Array.from({ length: 3 * TURN.items + 7 }, (_, index) => index)
    assert.deepEqual(
      await inTurns(list, (item, index) => Promise.resolve([item * 2, index])),
      list.map((item) => [item * 2, item]),
    )
  })

  it('leaves a turn to others after so many items, and none for a list that is not long', async () => {
    const work = (length: number) => () => inTurns(Array.from({ length }), () => undefined)
    assert.equal(await turnsOf(work(TURN.items)), 0)
    assert.ok((await turnsOf(work(10 * TURN.items))) >= 10)
  })

  it('does no more items in one turn than it says', async () => {
    let inThisTurn = 0
    let most = 0
    let isOver = false
    const begin = (): void => {
      inThisTurn = 0
      if (!isOver) setImmediate(begin)
    }
    setImmediate(begin)
    await inTurns(Array.from({ length: 500 }), () => (most = Math.max(most, (inThisTurn += 1))))
    isOver = true
    // One part may come after the count was begun anew, and one before.
    assert.ok(most <= 2 * TURN.items, String(most))
  })

  it('writes a text as the bytes that it has, whatever stands where a piece ends', async () => {
    const unit = fc.constantFrom('x', 'é', '\u{1f600}', '\ud83d', '\ude00', '€')
    await fc.assert(
      fc.asyncProperty(fc.array(unit, { minLength: 1, maxLength: 6 }), fc.nat(4), async (units, more) => {
        const text = 'y'.repeat(TURN.characters - more) + units.join('') + 'z'.repeat(TURN.characters)
        const pieces = await bytesInTurns(text)
        assert.ok(Buffer.concat(pieces).equals(Buffer.from(text)))
        assert.ok(pieces.every(({ length }) => length <= 4 * (TURN.characters + 1)))
        assert.ok(pieces.length >= 2)
      }),
      { numRuns: 60 },
    )
  })

  it('leaves a turn to others after each piece of a text', async () => {
    const text = 'x'.repeat(5 * TURN.characters)
    assert.ok((await turnsOf(() => bytesInTurns(text))) >= 4)
  })
})
