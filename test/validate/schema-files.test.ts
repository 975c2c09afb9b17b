/** The published JSON Schemas: current, and worth something to a validator that knows nothing of FHIR. */
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { schemaFiles, type SchemaFile } from '../../server/validate/schema-files.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const FOLDER = path.join(ROOT, 'profiles', 'schema')
const SAMPLES = path.join(ROOT, 'samples')

/** Inside a slice: only the hub’s keywords see which items belong to it. */
const IN_A_SLICE = /placer|filler|content/

/** The rules of samples whose fault is one of structure: a plain validator must see it. */
const STRUCTURAL =
  /^invalid-(element-unknown|empty|missing|two-of-a-choice|too-many|null|json|code-gender|date-american|date-time-without-zone|fixed|left-out|pattern)/

describe('the published schemas', () => {
  let files: readonly SchemaFile[]
  before(async () => {
    files = schemaFiles(await loadDefinitions(ROOT))
  })

  it('are current; `node --import ./server/typescript/register.mjs scripts/schemas.ts` makes them so', () => {
    assert.deepEqual(readdirSync(FOLDER).sort(), files.map((one) => one.name).sort())
    const stale = files.filter(({ name, text }) => readFileSync(path.join(FOLDER, name), 'utf8') !== text)
    assert.deepEqual(
      stale.map((one) => one.name),
      [],
    )
  })

  for (const name of readdirSync(FOLDER).sort()) {
    const folder = path.join(SAMPLES, name.replace(/^hub-|\.schema\.json$/g, ''))
    it(`let a plain validator accept the valid samples and refuse the badly built ones: ${name}`, () => {
      const validate = plain(path.join(FOLDER, name))
      for (const file of samples(folder)) {
        const ok = validate(JSON.parse(readFileSync(path.join(folder, file), 'utf8')))
        if (file.startsWith('valid-')) assert.ok(ok, `${file}: ${JSON.stringify(validate.errors?.slice(0, 3))}`)
        else if (STRUCTURAL.test(file) && !IN_A_SLICE.test(file)) assert.ok(!ok, `${file} was accepted`)
      }
    })
  }
})

function plain(file: string): ValidateFunction {
  return new Ajv({ strict: false, logger: false, code: { optimize: false } }).compile(
    JSON.parse(readFileSync(file, 'utf8')) as object,
  )
}

function samples(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((file) => file.endsWith('.json') && !file.endsWith('.issues.json'))
  } catch {
    return []
  }
}
