/** A verdict on anything: no input makes the validator throw, and every sentence is whole. */
import type { JsonObject } from '../../server/fhir/types.ts'
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { createValidator } from '../../server/validate/create-validator.ts'
import type { Validator } from '../../server/validate/validator.ts'
import { CHANGE, change } from './changes.ts'
import { TIMES } from '../times.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const SAMPLES = path.join(ROOT, 'samples')

describe('validate / any input', () => {
  let validators: readonly Validator[]
  before(async () => {
    const definitions = await loadDefinitions(ROOT)
    validators = (['hub', 'open'] as const).map((rules) => createValidator(definitions, { rules }))
  })

  const checkIssues = async (resource: unknown): Promise<void> => {
    for (const validator of validators) {
      for (const { text, expression } of await validator.check(resource)) {
        assert.ok(expression, text)
        assert.doesNotMatch(text, /\{at\}|\[object|undefined/)
      }
    }
  }

  it('gets a verdict when a valid resource is changed at random', async function () {
    this.timeout(60_000 * TIMES)
    const samples = validSamples()
    const some = fc.tuple(fc.constantFrom(...samples), fc.array(CHANGE, { minLength: 1, maxLength: 3 }))
    await fc.assert(
      fc.asyncProperty(some, async ([text, changes]) => {
        const resource = JSON.parse(text) as JsonObject
        for (const one of changes) change(resource, one)
        await checkIssues(resource)
      }),
      { numRuns: 500 * TIMES },
    )
  })

  it('gets its first thousand issues, errors before warnings, and the number of the others', async () => {
    const extension = Array.from({ length: 1500 }, (_, index) => ({
      url: `http://example.org/${index}`,
      valueCode: 'x',
    }))
    const resource = { resourceType: 'Basic', code: { text: 'x' }, extension, created: 'yesterday' }
    const issues = await validators[1]!.check(resource)
    assert.equal(issues.length, 1001)
    assert.equal(issues.at(-1)?.detail, 'more-issues')
    assert.match(issues.at(-1)?.text ?? '', /^501 more issues of `Basic`/)
    assert.ok(issues.some(({ expression }) => expression === 'Basic.created'))
  })

  it('gets a verdict whatever it is', async () => {
    await fc.assert(fc.asyncProperty(fc.jsonValue(), checkIssues), { numRuns: 100 * TIMES })
  })
})

function validSamples(): readonly string[] {
  const folders = readdirSync(SAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders.flatMap(({ name }) =>
    readdirSync(path.join(SAMPLES, name))
      .filter((file) => /^valid-.*\.json$/.test(file))
      .map((file) => readFileSync(path.join(SAMPLES, name, file), 'utf8')),
  )
}
