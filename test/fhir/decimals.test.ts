/** When two JSON values are the same, to the digit. */
import assert from 'node:assert/strict'
import { sameAsWritten } from '../../server/fhir/decimals.ts'
import { parseJson } from '../../server/fhir/json.ts'

describe('fhir / decimals / the same as written', () => {
  const isSame = (one: string, other: string): boolean =>
    sameAsWritten(parseJson(one).value, parseJson(other).value) &&
    sameAsWritten(parseJson(other).value, parseJson(one).value)

  it('whatever the order of the properties', () => {
    assert.ok(isSame('{"a":1,"b":[{"c":"x","d":null}]}', '{"b":[{"d":null,"c":"x"}],"a":1}'))
  })

  it('without the properties that are undefined', () => {
    assert.ok(sameAsWritten({ a: 1, b: undefined }, { a: 1 }))
    assert.ok(sameAsWritten({ a: 1 }, { a: 1, b: undefined }))
    assert.ok(!sameAsWritten({ a: 1, b: undefined }, { a: 1, b: null }))
  })

  const different: readonly (readonly [string, string])[] = [
    ['{"a":1.50}', '{"a":1.5}'],
    ['[1.50]', '[1.5]'],
    ['{"a":[{"b":1.0}]}', '{"a":[{"b":1}]}'],
    ['{"a":1}', '{"a":"1"}'],
    ['{"a":1}', '{"a":1,"b":2}'],
    ['{"a":1,"c":2}', '{"a":1,"b":2}'],
    ['{"a":[1,2]}', '{"a":[2,1]}'],
    ['[1]', '[1,1]'],
    ['{"0":1}', '[1]'],
    ['[]', '{}'],
    ['{}', 'null'],
    ['{"constructor":1}', '{}'],
  ]
  for (const [one, other] of different) it(`not \`${one}\` and \`${other}\``, () => assert.ok(!isSame(one, other)))
})
