/**
 * Mutants of samples with our result and that of the HL7 validator, recorded by a differential run: see
 * docs/conformance.md. No other validator is needed.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { classOf, CLASSES } from '../../scripts/differential/explained.ts'
import type { Fixture, Recorded } from '../../scripts/differential/fixture.ts'
import { patched } from '../../scripts/differential/generate.ts'
import { FAULTS, VARIANTS } from '../../scripts/differential/mutators/index.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { isError, type Issue } from '../../server/fhir/outcome.ts'
import { createValidator } from '../../server/validate/create-validator.ts'
import type { Validator } from '../../server/validate/validator.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const { seeds, mutants } = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'differential.json'), 'utf8'),
) as Fixture

describe('validate / mutants with a recorded result of the HL7 validator', () => {
  let validator: Validator
  before(async () => {
    validator = createValidator(await loadDefinitions(ROOT), { rules: 'open' })
  })

  const errorsOf = async ({ seed, patch }: Recorded): Promise<readonly Issue[]> => {
    const resource = seeds[seed]
    assert.ok(resource, `The fixture lacks the seed ${seed}.`)
    return (await validator.check(patched(resource, patch))).filter(isError)
  }

  for (const [kind, mutators] of Object.entries({ ...FAULTS, ...VARIANTS })) {
    const ones = mutants.filter(({ mutations }) => mutators.some(({ name }) => name === mutations[0]))
    it(`get the recorded result: ${kind} (${ones.length})`, async () => {
      assert.ok(ones.length > 0)
      for (const one of ones) {
        const errors = await errorsOf(one)
        const shown = `${one.seed} ${JSON.stringify(one.patch).slice(0, 500)}: ${errors.map(({ text }) => text).join(' ')}`
        assert.equal(errors.length === 0 ? 'valid' : 'invalid', one.here, shown)
      }
    })
  }

  it('get the result of the other validator, or a reason that still applies', async () => {
    for (const one of mutants) {
      if (one.here === one.other) {
        assert.equal(one.reason, undefined, JSON.stringify(one.patch))
        continue
      }
      assert.ok(
        CLASSES.some(({ title }) => title === one.reason),
        `${String(one.reason)} is not a class`,
      )
      if (one.here === 'invalid') assert.equal(classOf(await errorsOf(one), []), one.reason)
    }
  })

  it('are some hundred, valid and invalid, agreed on or not', () => {
    const count = (is: (one: Recorded) => boolean): number => mutants.filter(is).length
    assert.ok(mutants.length >= 300, `${mutants.length} mutants`)
    assert.ok(count(({ other }) => other === 'valid') >= 60)
    assert.ok(count(({ here }) => here === 'invalid') >= 100)
    assert.ok(count(({ here, other }) => here !== other) >= 10)
  })
})
