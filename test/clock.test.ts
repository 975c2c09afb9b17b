import assert from 'node:assert/strict'
import { createClock } from '../server/clock.ts'

describe('new ids', () => {
  it('are FHIR ids of 26 lower-case letters and digits', () => {
    const clock = createClock(() => 1_700_000_000_000)
    for (let i = 0; i < 1000; i += 1) assert.match(clock.newId(), /^[0-9a-hjkmnp-tv-z]{26}$/)
  })

  it('sort by creation, within a millisecond and when the clock steps back', () => {
    const instants = [5, 5, 5, 4, 9, 9, 1, 10, 2 ** 41]
    let turn = 0
    const clock = createClock(() => instants[Math.min(turn++, instants.length - 1)] ?? 0)
    const ids = Array.from({ length: 500 }, () => clock.newId())
    assert.deepEqual(ids, [...ids].sort())
    assert.equal(new Set(ids).size, 500)
  })

  it('of two processes at the same instant differ', () => {
    const [one, two] = [createClock(() => 7), createClock(() => 7)]
    assert.notEqual(one.newId(), two.newId())
  })
})
