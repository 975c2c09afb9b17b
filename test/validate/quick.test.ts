/** The quick pass never calls anything right of which the schemas have something to tell. */
import type { JsonObject } from '../../server/fhir/types.ts'
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import type { Definitions } from '../../server/definitions/definitions.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { createValidator } from '../../server/validate/create-validator.ts'
import { createEngine } from '../../server/validate/engine.ts'
import { isClean } from '../../server/validate/quick/is-clean.ts'
import type { Validator } from '../../server/validate/validator.ts'
import { alter, ALTERATION } from '../fhir/altered.ts'
import { CHANGE, change } from './changes.ts'
import { TIMES } from '../times.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const SAMPLES = path.join(ROOT, 'samples')
const RUNS = 600 * TIMES

describe('validate / the quick pass', () => {
  let definitions: Definitions
  let pairs: readonly { readonly quick: Validator; readonly slow: Validator }[]
  before(async () => {
    definitions = await loadDefinitions(ROOT)
    pairs = (['hub', 'open'] as const).map((rules) => ({
      quick: createValidator(definitions, { rules }),
      slow: createValidator(definitions, { rules, isQuick: false }),
    }))
  })

  /** ajv runs only where the quick pass passes: else it has run already. */
  const compare = async (resource: unknown): Promise<boolean> => {
    let settled = false
    for (const { quick, slow } of pairs) {
      if ((await quick.check(resource)).length > 0) continue
      settled = true
      assert.deepEqual(await slow.check(resource), [], JSON.stringify(resource))
    }
    return settled
  }

  it('agrees with the schemas on every sample', async function () {
    this.timeout(60_000)
    for (const text of samples(/^(valid|invalid)-/)) await compare(JSON.parse(text))
  })

  it('agrees with the schemas on samples that are changed at random', async function () {
    this.timeout(120_000 * TIMES)
    // Junk, which mostly breaks something, and values of the right kind, which often do not.
    const one = fc.oneof(
      CHANGE.map((made) => (resource: JsonObject) => change(resource, made)),
      ALTERATION.map((made) => (resource: JsonObject) => alter(resource, made)),
    )
    const some = fc.tuple(fc.constantFrom(...samples(/^valid-/)), fc.array(one, { minLength: 1, maxLength: 2 }))
    let settled = 0
    await fc.assert(
      fc.asyncProperty(some, async ([text, changes]) => {
        const resource = JSON.parse(text) as JsonObject
        for (const make of changes) make(resource)
        if (await compare(resource)) settled++
      }),
      { numRuns: RUNS },
    )
    assert.ok(settled > RUNS / 15, `${settled} of ${RUNS} had no issues`)
  })

  it('settles every sample without issues', async () => {
    const engine = createEngine(definitions, true)
    for (const text of samples(/^valid-/)) {
      const resource = JSON.parse(text) as JsonObject
      const offer = definitions.capability(String(resource.resourceType))
      const isRight = (await pairs[0]!.slow.check(resource)).length === 0
      assert.equal(isClean(resource, [], offer, engine), isRight, text)
    }
  })
})

function samples(name: RegExp): readonly string[] {
  const folders = readdirSync(SAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders.flatMap(({ name: folder }) =>
    readdirSync(path.join(SAMPLES, folder))
      .filter((file) => name.test(file) && file.endsWith('.json') && !file.endsWith('.issues.json'))
      .flatMap((file) => {
        const text = readFileSync(path.join(SAMPLES, folder, file), 'utf8')
        return isJson(text) ? [text] : []
      }),
  )
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
