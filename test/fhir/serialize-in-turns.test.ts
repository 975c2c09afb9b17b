import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseJson, serialize } from '../../server/fhir/json.ts'
import { serializeInTurns } from '../../server/fhir/serialize-in-turns.ts'
import { TURN } from '../../server/fhir/turns.ts'
import { turnsOf } from './turns-of.ts'

/** Several turns of it: a list of objects, a list of numbers, many members, one text. */
const LONG: readonly string[] = [
  `[${'{"a":{"b":[true,null,1.0]}},'.repeat(TURN.characters / 10)}{}]`,
  `[${'1.50,'.repeat(TURN.characters)}2]`,
  `{${Array.from({ length: TURN.characters / 5 }, (_, at) => `"k${at}":${at}e0`).join(',')}}`,
  `"${'x'.repeat(3 * TURN.characters)}"`,
]

describe('fhir / JSON written in turns', () => {
  it('writes any value as serialize does, to the digit, wherever what is long stands', async () => {
    for (const long of LONG)
      for (const text of [long, `{"first":1.0,"within":[0,{"long":${long},"second":-0}],"last":${long},"end":1E2}`]) {
        const { value } = parseJson(text)
        assert.equal(await serializeInTurns(value), serialize(value))
      }
    const some = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value))
    await fc.assert(
      fc.asyncProperty(fc.array(some, { minLength: 1 }), async (parts) => {
        const one = `{"part":[${parts.join(',')}],"n":1.10},`
        const { value } = parseJson(`[${one.repeat(Math.ceil((2 * TURN.characters) / one.length))}{}]`)
        assert.equal(await serializeInTurns(value), serialize(value))
      }),
      { numRuns: 25 },
    )
  })

  it('leaves out members that are undefined', async () => {
    const list = Array.from({ length: TURN.characters / 10 }, () => ({ a: undefined, b: 'x' }))
    const value = { none: undefined, list, more: [list, undefined] }
    assert.equal(await serializeInTurns(value), JSON.stringify(value))
  })

  it('leaves a turn to others after so many values or characters, and none for what is not long', async () => {
    for (const long of [LONG[0]!, LONG[2]!])
      assert.ok((await turnsOf(() => serializeInTurns(parseJson(long).value))) >= 4)
    const texts = Array.from({ length: 50 }, () => 'x'.repeat(TURN.characters / 10))
    assert.ok((await turnsOf(() => serializeInTurns(texts))) >= 4)
    assert.equal(await turnsOf(() => serializeInTurns(Array.from({ length: 1000 }, () => 'x'))), 0)
  })
})
