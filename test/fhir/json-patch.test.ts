/** JSON Patch on JSON text. https://www.rfc-editor.org/rfc/rfc6902 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { sameAsWritten } from '../../server/fhir/decimals.ts'
import { parseJson, serialize } from '../../server/fhir/json.ts'
import { applyJsonPatch, compareJson, parseJsonPatch } from '../../server/fhir/json-patch.ts'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import type { Json } from '../../server/fhir/types.ts'
import { JSON_PATCH_CASES } from '../patch/public-cases.ts'

const apply = (text: string, ...operations: readonly object[]): Json =>
  applyJsonPatch(parseJson(text).value, parseJsonPatch(operations as Json))
const textOf = (text: string, ...operations: readonly object[]): string => serialize(apply(text, ...operations))

function refusal(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof OutcomeError) return error.issues[0]?.detail ?? ''
    throw error
  }
  return 'none'
}

describe('fhir / JSON Patch', () => {
  for (const one of JSON_PATCH_CASES) {
    it(`answers the public case: ${one.comment}`, () => {
      const run = () => applyJsonPatch(structuredClone(one.doc) as Json, parseJsonPatch(one.patch))
      if (one.error === undefined) assert.deepEqual(run(), one.expected ?? one.doc)
      else assert.equal(refusal(run), 'patch-conflict')
    })
  }

  it('keeps the digits of numbers, of the document and of the patch, wherever they are moved and copied to', () => {
    const text = '{"a":1.50,"list":[1,2.00],"b":1e2}'
    assert.equal(
      textOf(
        text,
        { op: 'copy', from: '/list/1', path: '/list/0' },
        { op: 'move', from: '/b', path: '/c' },
        parseJson('{"op":"add","path":"/d","value":{"value":3.10}}').value as object,
      ),
      '{"a":1.50,"list":[2.00,1,2.00],"c":1e2,"d":{"value":3.10}}',
    )
  })

  it('tests numbers by their value, and nothing else by how it is written', () => {
    assert.equal(textOf('{"a":1.50}', { op: 'test', path: '/a', value: 1.5 }), '{"a":1.50}')
    for (const value of ['1.5', 2, null, [1.5], { a: 1.5 }])
      assert.equal(
        refusal(() => apply('{"a":1.50}', { op: 'test', path: '/a', value })),
        'patch-conflict',
      )
    assert.equal(
      textOf('{"a":{"b":1,"c":2}}', { op: 'test', path: '/a', value: { c: 2, b: 1 } }),
      '{"a":{"b":1,"c":2}}',
    )
  })

  it('refuses an index with a leading zero, a sign or no digits, and one past the end', () => {
    for (const index of ['00', '01', '+1', '-1', '1.0', '1e0', '', 'a', ' 1'])
      for (const op of ['add', 'remove', 'replace', 'test'])
        assert.equal(
          refusal(() => apply('{"a":[1,2]}', { op, path: `/a/${index}`, value: 1 })),
          'patch-malformed',
          `${op} ${index}`,
        )
    assert.equal(
      refusal(() => apply('{"a":[1]}', { op: 'add', path: '/a/2', value: 1 })),
      'patch-conflict',
    )
    assert.equal(
      refusal(() => apply('{"a":[1]}', { op: 'remove', path: '/a/-' })),
      'patch-conflict',
    )
    assert.equal(
      refusal(() => apply('{"a":[1]}', { op: 'replace', path: '/a/1', value: 1 })),
      'patch-conflict',
    )
  })

  it('refuses what is no operation', () => {
    const wrong: readonly Json[] = [
      {},
      'add',
      [null],
      ['add'],
      [{ op: 'put', path: '/a', value: 1 }],
      [{ op: 'add', value: 1 }],
      [{ op: 'add', path: 5, value: 1 }],
      [{ op: 'add', path: 'a', value: 1 }],
      [{ op: 'add', path: '/a~2', value: 1 }],
      [{ op: 'add', path: '/a' }],
      [{ op: 'move', path: '/a' }],
      [{ op: 'copy', path: '/a', from: 'b' }],
    ]
    for (const patch of wrong)
      assert.equal(
        refusal(() => parseJsonPatch(patch)),
        'patch-malformed',
        JSON.stringify(patch),
      )
  })

  it('writes to no prototype', () => {
    const attempts = [
      { op: 'add', path: '/__proto__/polluted', value: true },
      { op: 'add', path: '/constructor/prototype/polluted', value: true },
      { op: 'copy', from: '/__proto__', path: '/a' },
      { op: 'move', from: '/a', path: '/__proto__' },
    ]
    for (const one of attempts)
      assert.notEqual(
        refusal(() => apply('{"a":{}}', one)),
        'none',
      )
    const taken = parseJson('{"op":"add","path":"/b","value":{"__proto__":{"polluted":true}}}').value as object
    assert.equal(textOf('{"a":{}}', taken), '{"a":{},"b":{"__proto__":{"polluted":true}}}')
    assert.equal(({} as { polluted?: boolean }).polluted, undefined)
  })

  it('refuses copies of copies before they fill the memory, and moves of a value into itself', () => {
    const doubling = Array.from({ length: 60 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }))
    assert.equal(
      refusal(() => apply('{"a":[1]}', ...doubling)),
      'patch-too-long',
    )
    const nesting = Array.from({ length: 90 }, () => ({ op: 'copy', from: '/a', path: '/a/b' }))
    assert.equal(
      refusal(() => apply('{"a":{"c":{}}}', ...nesting)),
      'patch-too-long',
    )
    assert.equal(
      refusal(() => apply('{"a":{"b":{}}}', { op: 'move', from: '/a', path: '/a/b/c' })),
      'patch-conflict',
    )
  })

  it('makes one document of another with the difference between them, to the digit', () => {
    const number = fc.constantFrom('0', '-0', '1', '1.0', '1.50', '1.5', '1e3', '-2.00E-2', '12345678901234567890.10')
    const text = fc.string({ unit: fc.constantFrom('a', '/', '~', '"', '\\', 'é', '1', '.', ' ') })
    const json = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        number,
        text.map((one) => JSON.stringify(one)),
        fc.constantFrom('true', 'null'),
        fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
        fc.dictionary(text, tie('value'), { maxKeys: 4 }).map(
          (members) =>
            `{${Object.entries(members)
              .map(([name, value]) => `${JSON.stringify(name)}:${value}`)
              .join(',')}}`,
        ),
      ),
    }))
    const document = json.value.map((value) => `{"d":${value}}`)
    fc.assert(
      fc.property(document, document, (before, after) => {
        const [one, other] = [parseJson(before).value, parseJson(after).value]
        const patch = compareJson(one, other).map(({ op, path, value }) => {
          const more = value === undefined ? '' : `,"value":${value}`
          return `{"op":"${op}","path":${JSON.stringify(path)}${more}}`
        })
        const made = applyJsonPatch(parseJson(before).value, parseJsonPatch(parseJson(`[${patch.join(',')}]`).value))
        assert.ok(sameAsWritten(made, other), `${serialize(made)} is not ${after}`)
      }),
      { numRuns: Number(process.env.HUB_TEST_RUNS ?? 300) },
    )
  })
})
