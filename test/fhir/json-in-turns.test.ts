import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseJson, serialize, type ParseOptions } from '../../server/fhir/json.ts'
import { parseJsonInTurns } from '../../server/fhir/json-in-turns.ts'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import { TURN } from '../../server/fhir/turns.ts'
import { turnsOf } from './turns-of.ts'

/** The value as it was written, or the issue. */
async function outcome(read: () => ReturnType<typeof parseJson> | Promise<ReturnType<typeof parseJson>>) {
  try {
    const { value, decimals } = await read()
    return { text: serialize(value), decimals }
  } catch (error) {
    if (!(error instanceof OutcomeError)) throw error
    return { issues: error.issues }
  }
}

async function readsTheSame(text: string, options?: ParseOptions): Promise<void> {
  assert.ok(text.length > TURN.characters, 'the text is not long')
  assert.deepEqual(await outcome(() => parseJsonInTurns(text, options)), await outcome(() => parseJson(text, options)))
}

/** So many characters as one value, of one kind or another. */
const LONG: readonly (readonly [string, string])[] = [
  ['a list of numbers', `[${'1.50,'.repeat(TURN.characters / 5)}2]`],
  ['a list of objects', `[${'{"a":{"b":[true,null,1.0]}}, '.repeat(TURN.characters / 28)}{}]`],
  ['one text', `"${'x'.repeat(TURN.characters)}"`],
  [
    'an object of many members',
    `{${Array.from({ length: TURN.characters / 10 }, (_, at) => `"k${at}":${at}e0`).join(', ')}}`,
  ],
  ['white space', `[${' '.repeat(TURN.characters)}]`],
]

describe('fhir / JSON in turns', () => {
  for (const [name, long] of LONG) {
    it(`reads ${name} as parseJson does, wherever it stands`, async () => {
      await readsTheSame(` ${long}\n`)
      await readsTheSame(`\ufeff{"first":1.0,"within":[0,{"long":${long},"second":-0}],"last":${long},"end":1E2}`)
    })
  }

  it('refuses what parseJson refuses, with the same words at the same place', async () => {
    const filler = LONG[1]![1]
    const wrong = [
      '',
      '}',
      '{"a":1,"a":2}',
      '{"a" 1}',
      '[1,]',
      '[1 2]',
      '01',
      '"\\x"',
      '"\ud800"',
      'nul',
      '1e999',
      '{"__proto__":1,"__proto__":2}',
    ]
    for (const one of wrong) {
      await readsTheSame(`{"long":${filler},"wrong":${one}}`)
      await readsTheSame(`[${one},${filler}]`)
      await readsTheSame(`[{"deep":[${filler},${one},${filler}]}]`)
    }
    await readsTheSame(`{"a":${filler},\n"a":1}`)
    await readsTheSame(`${filler} x`)
    await readsTheSame(`[${filler}`)
    await readsTheSame(`{"a":[[[${filler}]]]}`, { depth: 4 })
    await readsTheSame(`{"a":[[[[1]]],${filler}]}`, { depth: 4 })
  })

  it('reads any text as parseJson does', async () => {
    const text = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value))
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1 }), fc.nat(40), fc.boolean(), async (parts, cut, isCut) => {
        const one = `{"part":[${parts.join(',')}],"n":1.10},`
        const whole = `[${one.repeat(Math.ceil((2 * TURN.characters) / one.length))}{}]`
        await readsTheSame(isCut ? whole.slice(0, whole.length - cut) : whole)
      }),
      { numRuns: 25 },
    )
  })

  it('leaves a turn to others after so many characters, at any depth', async () => {
    const dense = `{"a":[${'{"b":[1,2]},'.repeat((8 * TURN.characters) / 12)}0]}`
    const deep = `{"a":{"b":[{"c":[${dense}]}]}}`
    for (const text of [dense, deep])
      assert.ok((await turnsOf(() => parseJsonInTurns(text))) >= text.length / (2 * TURN.characters))
  })

  it('reads in one turn what is not long', async () => {
    assert.equal(await turnsOf(() => parseJsonInTurns(`[${'1,'.repeat(1000)}1]`)), 0)
  })
})
