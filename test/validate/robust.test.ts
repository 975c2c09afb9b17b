/** A verdict on anything: no input makes the validator throw, and every sentence is whole. */
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { createValidator } from '../../server/validate/create.ts'
import type { Validator } from '../../server/validate/validator.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const SAMPLES = path.join(ROOT, 'samples')

type Bag = Record<string, unknown>

/** What takes the place of an element, or stands beside it. */
const JUNK = fc.constantFrom<unknown>(
  ...[
    null,
    {},
    [],
    '',
    0,
    -1,
    1.5,
    true,
    'x',
    [[]],
    [null],
    { a: 1 },
    '2020-13-01',
    '#x',
    { reference: '#' },
    ['a', 'a'],
  ],
  ...[{ coding: [null] }, { coding: 'x' }, { resourceType: 'Nope' }, { url: 5 }, { extension: [{ url: 'x' }] }],
)

/** A place (by numbers, so that it fits any resource), what to do there, and with what. */
const CHANGE = fc.record({
  steps: fc.array(fc.nat(20), { maxLength: 6 }),
  key: fc.nat(20),
  act: fc.constantFrom('put', 'drop', 'rename', 'beside'),
  junk: JUNK,
})

describe('validate / any input', () => {
  let validators: readonly Validator[]
  before(async () => {
    const definitions = await loadDefinitions(ROOT)
    validators = (['hub', 'open'] as const).map((rules) => createValidator(definitions, { rules }))
  })

  const judge = async (resource: unknown): Promise<void> => {
    for (const validator of validators) {
      for (const { text, expression } of await validator.check(resource)) {
        assert.ok(expression, text)
        assert.doesNotMatch(text, /\{at\}|\[object|undefined/)
      }
    }
  }

  it('gets a verdict when a valid resource is changed at random', async function () {
    this.timeout(60_000)
    const samples = validSamples()
    const change = fc.tuple(fc.constantFrom(...samples), fc.array(CHANGE, { minLength: 1, maxLength: 3 }))
    await fc.assert(
      fc.asyncProperty(change, async ([text, changes]) => {
        const resource = JSON.parse(text) as Bag
        for (const one of changes) apply(resource, one)
        await judge(resource)
      }),
      { numRuns: 1000 },
    )
  })

  it('gets a verdict whatever it is', async () => {
    await fc.assert(fc.asyncProperty(fc.jsonValue(), judge), { numRuns: 200 })
  })
})

function apply(
  resource: Bag,
  { steps, key, act, junk }: { steps: number[]; key: number; act: string; junk: unknown },
): void {
  let at = resource
  for (const step of steps) {
    const next = Object.values(at)[step % Math.max(1, Object.keys(at).length)]
    if (typeof next !== 'object' || next === null) break
    at = next as Bag
  }
  const names = Object.keys(at)
  const name = names[key % Math.max(1, names.length)] ?? 'x'
  // A list has no names, and JSON has no holes.
  if (Array.isArray(at))
    return void at.splice(
      key % (at.length + 1),
      act === 'drop' ? 1 : 0,
      ...(act === 'drop' ? [] : [structuredClone(junk)]),
    )
  if (act === 'put') at[name] = structuredClone(junk)
  if (act === 'beside') at[`_${name}`] = structuredClone(junk)
  if (act === 'rename') at[`${name}s`] = at[name]
  if (act === 'drop' || act === 'rename') delete at[name]
}

function validSamples(): readonly string[] {
  const folders = readdirSync(SAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders.flatMap(({ name }) =>
    readdirSync(path.join(SAMPLES, name))
      .filter((file) => /^valid-.*\.json$/.test(file))
      .map((file) => readFileSync(path.join(SAMPLES, name, file), 'utf8')),
  )
}
