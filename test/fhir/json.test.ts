import assert from 'node:assert/strict'
import fc from 'fast-check'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import { carry, createLocator, parseJson, positionOf, serialize, writtenAs } from '../../server/fhir/json.ts'
import type { Json } from '../../server/fhir/types.ts'

const read = (text: string): Json => parseJson(text).value

function refused(text: string, limits?: { depth: number }): { detail: string; text: string } {
  try {
    parseJson(text, limits)
  } catch (error) {
    assert(error instanceof OutcomeError, `not an OutcomeError: ${String(error)}`)
    return error.issues[0]!
  }
  return assert.fail(`${JSON.stringify(text)} was read`)
}

describe('parseJson', () => {
  it('reads what JSON.parse reads, whatever the white space', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 1, '\t', '\r\n'), (value, space) => {
        const text = JSON.stringify(value, null, space)
        assert.equal(JSON.stringify(read(text)), JSON.stringify(JSON.parse(text)))
      }),
      { numRuns: 2000 },
    )
  })

  it('refuses exactly what JSON.parse refuses, in texts that are nearly JSON', () => {
    const piece = fc.constantFrom(
      ...'{}[]:,"\\/-+.eE0123456789 \n\t',
      'true',
      'null',
      '"a"',
      '"b":',
      '\\u00e9',
      'é',
      '\u0001',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('')
        const expected = attempt(() => JSON.parse(text) as Json)
        const found = attempt(() => read(text))
        if (found.error instanceof OutcomeError && found.error.issues[0]!.detail === 'json-duplicate-key') return
        if (/Infinity/.test(String(JSON.stringify(expected.value, infinityAsText)))) {
          assert.match(String(found.error), /is too large/)
          return
        }
        assert.equal(found.error === undefined, expected.error === undefined, JSON.stringify(text))
        assert.deepEqual(JSON.stringify(found.value), JSON.stringify(expected.value))
      }),
      { numRuns: 5000 },
    )
  })

  it('refuses every text with one character taken out of its structure, as JSON.parse does', () => {
    const text = '{"a":[1,-2.50e+3,true,null,"x\\u00e9\\n"],"b":{"c":""}}'
    for (let cut = 0; cut < text.length; cut++) {
      const hurt = text.slice(0, cut) + text.slice(cut + 1)
      assert.equal(
        attempt(() => read(hurt)).error === undefined,
        attempt(() => JSON.parse(hurt)).error === undefined,
        hurt,
      )
    }
  })

  it('says at which line and column it failed, and what it found there', () => {
    const { detail, text } = refused('{\n  "resourceType": "Patient",\n  "active": tru\n}')
    assert.equal(detail, 'json-malformed')
    assert.match(text, /line 3, column 13\. Found `t` where a value/)
    assert.match(refused('{"a":1,}').text, /line 1, column 8\. Found `}` where a property name in double quotes/)
    assert.match(refused('{"a":').text, /Found the end of the text/)
    assert.match(refused('{} {}').text, /column 4\. Found `{` where the end of the text/)
    assert.match(refused('"a\tb"').text, /Found U\+0009/)
    assert.match(refused('').text, /Found the end of the text where a value/)
  })

  it('refuses a property that is given twice, naming it', () => {
    const { detail, text } = refused('{"a":1,\n "b":{"given":1,"given":1}}')
    assert.equal(detail, 'json-duplicate-key')
    assert.match(text, /`given` is given twice .*line 2, column 17/)
    assert.equal(refused('{"a":null,"\\u0061":2}').detail, 'json-duplicate-key')
    assert.equal(refused('{"__proto__":1,"__proto__":2}').detail, 'json-duplicate-key')
    assert.equal(refused('{"constructor":1,"constructor":2}').detail, 'json-duplicate-key')
  })

  it('takes 64 levels and refuses the 65th, however much follows', () => {
    assert.doesNotThrow(() => read('['.repeat(64) + ']'.repeat(64)))
    assert.equal(refused('['.repeat(65) + ']'.repeat(65)).detail, 'json-too-deep')
    assert.equal(refused('{"a":'.repeat(1_000_000)).detail, 'json-too-deep')
    assert.equal(refused('[[1]]', { depth: 1 }).detail, 'json-too-deep')
  })

  it('counts lines on from the one on which the text begins', () => {
    const { error } = attempt(() => parseJson('{"a":1,"a":2}', { line: 7 }).value)
    assert.ok(error instanceof OutcomeError)
    assert.match(error.message, /line 7, column 8/)
    assert.deepEqual(error.issues[0]?.position, { line: 7, column: 8 })
  })

  it('ignores a byte order mark and counts columns after it', () => {
    assert.deepEqual(read('\ufeff{"a":1}'), { a: 1 })
    assert.match(refused('\ufeff!').text, /line 1, column 1/)
  })

  it('refuses half of a surrogate pair, escaped or not, and takes whole ones', () => {
    for (const text of ['"\\ud800"', '"a\\udc00b"', '"\ud800"', '"\udc00\ud800"', '{"\\ud83d":1}'])
      assert.equal(refused(text).detail, 'json-malformed', text)
    assert.equal(read('"\\ud83d\\ude00 😀"'), '😀 😀')
  })

  it('refuses a number that JavaScript cannot hold', () => {
    assert.match(refused('[1e999]').text, /`1e999` is too large/)
    assert.equal(serialize(read('[1e308]')), '[1e308]')
  })

  it('keeps `__proto__` as an ordinary property and touches no prototype', () => {
    const text = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":1}'
    const value = read(text) as object
    assert.equal(Object.getPrototypeOf(value), Object.prototype)
    assert.equal(serialize(value), text)
    assert.equal(serialize({ ...value }), text)
    assert.equal(({} as { polluted?: boolean }).polluted, undefined)
  })
})

describe('numbers as written', () => {
  const odd = [
    '1.50',
    '1.0',
    '1e2',
    '-0',
    '0.0',
    '1E-3',
    '12345678901234567890',
    '0.1000000000000000055',
    '1e-400',
    '-1.10e+05',
  ]

  it('come back as they were read, in objects and arrays', () => {
    for (const number of odd) {
      const text = `{"a":${number},"b":[1,${number},"x",{"c":${number}}],"d":1.5}`
      assert.equal(serialize(read(text)), text)
    }
    fc.assert(
      fc.property(fc.stringMatching(/^-?(0|[1-9]\d{0,20})(\.\d{1,20})?([eE][+-]?\d{1,2})?$/), (number) => {
        assert.equal(serialize(read(`[${number}]`)), `[${number}]`)
      }),
      { numRuns: 2000 },
    )
  })

  it('survive a spread of the object and of what holds it', () => {
    const quantity = (read('{"value":1.50}') as { value: number })!
    assert.equal(serialize({ entry: [{ ...quantity, unit: 'h' }] }), '{"entry":[{"value":1.50,"unit":"h"}]}')
  })

  it('are forgotten when the value is another', () => {
    const quantity = read('{"value":1.50,"low":2.0}') as object
    assert.equal(serialize({ ...quantity, value: 2 }), '{"value":2,"low":2.0}')
    assert.equal(serialize({ ...quantity, value: '1.50' }), '{"value":"1.50","low":2.0}')
    assert.equal(writtenAs({ ...quantity, value: 2 }, 'value'), undefined)
  })

  it('are carried to a copy made key by key, whose own memory wins', () => {
    const from = read('[1.50,2.0]') as number[]
    assert.equal(serialize(carry(from, [...from])), '[1.50,2.0]')
    const to = read('{"a":1.0}') as object
    assert.equal(serialize(carry(read('{"a":1.00,"b":1.00}') as object, { ...to, b: 1 })), '{"a":1.0,"b":1.00}')
    assert.equal(serialize(carry(read('{"a":1.00}') as object, to)), '{"a":1.0}')
  })

  it('can be asked for', () => {
    assert.equal(writtenAs(read('{"value":1.50}') as object, 'value'), '1.50')
    assert.equal(writtenAs(read('{"value":1.5}') as object, 'value'), undefined)
    assert.equal(parseJson('{"value":1.0}').decimals, true)
    assert.equal(parseJson('{"value":[1,20,1.5]}').decimals, false)
  })

  it('do not disturb what JSON.stringify does with the rest', () => {
    const value = { ...(read('{"value":1.50}') as object), gone: undefined, list: [undefined, NaN, 'é"\u2028'] }
    assert.equal(serialize(value), '{"value":1.50,"list":[null,null,"é\\"\u2028"]}')
    assert.equal(JSON.stringify(value), '{"value":1.5,"list":[null,null,"é\\"\u2028"]}')
  })
})

describe('positionOf', () => {
  const text = `{
  "resourceType": "Patient",
  "name": [
    { "family": "x, [y] \\"{", "given": ["a", "b"] },
    { "text": "z" }
  ],
  "valueString": "v",
  "birthDate": "1990-02-30"
}`
  it('finds the element that an expression names', () => {
    assert.deepEqual(positionOf(text, 'Patient.birthDate'), { line: 8, column: 16 })
    assert.deepEqual(positionOf(text, 'Patient.name[0].given[1]'), { line: 4, column: 46 })
    assert.deepEqual(positionOf(text, 'Patient.name[1].text'), { line: 5, column: 15 })
    assert.deepEqual(positionOf(text, 'Patient.value'), { line: 7, column: 18 })
    assert.deepEqual(positionOf(text, 'name[1]'), { line: 5, column: 5 })
    assert.deepEqual(positionOf(text, 'Patient'), { line: 1, column: 1 })
  })

  it('answers the nearest element that is there for one that is missing', () => {
    assert.deepEqual(positionOf(text, 'Patient.name[1].given[0]'), { line: 5, column: 5 })
    assert.deepEqual(positionOf(text, 'Patient.name[7]'), { line: 3, column: 11 })
    assert.deepEqual(positionOf(text, 'Patient.contact.name'), { line: 1, column: 1 })
  })

  it('looks beside a primitive for its id and extensions', () => {
    const beside = '{"birthDate":"1990-01-01","_birthDate":{"extension":[{"url":1}]},"given":["a"],"_given":[{"id":2}]}'
    assert.equal(positionOf(beside, 'Patient.birthDate').column, beside.indexOf('"1990') + 1)
    assert.equal(positionOf(beside, 'Patient.birthDate.extension[0].url').column, beside.indexOf('1}') + 1)
    assert.equal(positionOf(beside, 'Patient.given[0].id').column, beside.indexOf('2}') + 1)
  })

  it('finds many places without reading the text again for each', () => {
    const list = Array.from({ length: 20_000 }, (_, index) => `{"id":${index}}`)
    const find = createLocator(`{"list":[\n${list.join(',\n')}]}`)
    const found = list.map((_, index) => find(`Thing.list[${index}].id`))
    assert.deepEqual(found[0], { line: 2, column: 7 })
    assert.deepEqual(found.at(-1), { line: 20_001, column: 7 })
  })

  it('agrees with the parser on every value of a generated document', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ a: fc.jsonValue({ maxDepth: 2 }), b: fc.string() }), { minLength: 1 }),
        fc.nat(),
        (list, nat) => {
          const index = nat % list.length
          const source = JSON.stringify({ list })
          const { column } = positionOf(source, `Thing.list[${index}].b`)
          assert.ok(source.startsWith(JSON.stringify(list[index]!.b), column - 1))
        },
      ),
    )
  })
})

/** JSON.stringify writes `null` for what JSON.parse reads from `1e999`. */
const infinityAsText = (_key: string, value: unknown): unknown =>
  value === Infinity || value === -Infinity ? String(value) : value

function attempt(act: () => Json): { value?: Json; error?: unknown } {
  try {
    return { value: act() }
  } catch (error) {
    return { error }
  }
}
