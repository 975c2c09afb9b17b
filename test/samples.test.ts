/**
 * The samples: every `samples/<profile>/valid-*.json` is valid, and every `invalid-<rule>.json` raises exactly the errors
 * that the `.issues.json` beside it lists (code and expression; warnings are free).
 */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { loadDefinitions } from '../server/definitions/load.ts'
import { isError, type Issue } from '../server/fhir/outcome.ts'
import { createValidator } from '../server/validate/create-validator.ts'
import type { Validator } from '../server/validate/validator.ts'

const ROOT = path.join(import.meta.dirname, '..')

/** A code and an expression. */
type ExpectedIssue = { readonly code: string; readonly expression: string }

describe('the samples', () => {
  let validator: Validator
  before(async () => {
    validator = createValidator(await loadDefinitions(ROOT), { rules: 'hub' })
  })

  for (const folder of sampleFolders(ROOT)) {
    describe(path.basename(folder), () => {
      for (const { name, resource, expected } of samplesOf(folder)) {
        it(expected.length === 0 ? `accepts ${name}` : `refuses ${name}`, async () => {
          assert.deepEqual(errorsOf(await validator.check(resource)), sorted(expected))
        })
      }
    })
  }
})

describe('a profile, a value set and samples in a folder', () => {
  let root: string
  beforeEach(() => (root = mkdtempSync(path.join(tmpdir(), 'nwd-samples-'))))
  afterEach(() => rmSync(root, { recursive: true }))

  it('are all that a new kind of record takes: no TypeScript', async () => {
    for (const [file, content] of Object.entries(NEW_KIND)) put(root, file, content)
    const validator = createValidator(await loadDefinitions(root), { rules: 'hub' })
    const samples = sampleFolders(root).flatMap(samplesOf)
    assert.deepEqual(
      samples.map(({ name }) => name),
      ['invalid-colour', 'valid-red'],
    )
    for (const { resource, expected } of samples) {
      assert.deepEqual(errorsOf(await validator.check(resource)), sorted(expected))
    }
  })
})

const H = 'https://state.example/fhir'

const NEW_KIND: Readonly<Record<string, object>> = {
  'profiles/StructureDefinition-badge.json': {
    resourceType: 'StructureDefinition',
    url: `${H}/StructureDefinition/badge`,
    kind: 'resource',
    type: 'Basic',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Basic',
    derivation: 'constraint',
    differential: {
      element: [
        {
          id: 'Basic.code',
          path: 'Basic.code',
          binding: { strength: 'required', valueSet: `${H}/ValueSet/colour` },
        },
      ],
    },
  },
  'valuesets/CodeSystem-colour.json': {
    resourceType: 'CodeSystem',
    url: `${H}/CodeSystem/colour`,
    content: 'complete',
    concept: [{ code: 'red' }, { code: 'blue' }],
  },
  'valuesets/ValueSet-colour.json': {
    resourceType: 'ValueSet',
    url: `${H}/ValueSet/colour`,
    compose: { include: [{ system: `${H}/CodeSystem/colour` }] },
  },
  'capability/statement.json': {
    resourceType: 'CapabilityStatement',
    rest: [{ resource: [{ type: 'Basic', supportedProfile: [`${H}/StructureDefinition/badge`] }] }],
  },
  'samples/badge/valid-red.json': badge('red'),
  'samples/badge/invalid-colour.json': badge('green'),
  'samples/badge/invalid-colour.issues.json': [{ code: 'code-invalid', expression: 'Basic.code' }],
}

function badge(code: string): object {
  return { resourceType: 'Basic', code: { coding: [{ system: `${H}/CodeSystem/colour`, code }] } }
}

function put(root: string, file: string, content: object): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
  writeFileSync(path.join(root, file), JSON.stringify(content))
}

/** The folders of samples that are about one profile: those with a valid or an invalid file. */
function sampleFolders(root: string): readonly string[] {
  const samples = path.join(root, 'samples')
  return readdirSync(samples, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(samples, entry.name))
    .filter((folder) => readdirSync(folder).some((name) => /^(valid|invalid)-.*\.json$/.test(name)))
}

function samplesOf(folder: string) {
  const files = readdirSync(folder).filter(
    (file) => /^(valid|invalid)-.*\.json$/.test(file) && !file.endsWith('.issues.json'),
  )
  return files.sort().map((file) => {
    const name = path.basename(file, '.json')
    const issues = path.join(folder, `${name}.issues.json`)
    if (name.startsWith('invalid-')) assert.ok(existsSync(issues), `${issues} must say which issues ${file} raises`)
    const expected = name.startsWith('invalid-') ? (readJson(issues) as readonly ExpectedIssue[]) : []
    return { name, resource: readJson(path.join(folder, file)), expected }
  })
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}

const errorsOf = (issues: readonly Issue[]): readonly ExpectedIssue[] =>
  sorted(issues.filter(isError).map(({ detail, expression = '' }) => ({ code: detail, expression })))

const sorted = (list: readonly ExpectedIssue[]): readonly ExpectedIssue[] =>
  list
    .map(({ code, expression }) => ({ code, expression }))
    .sort((one, other) => (`${one.code} ${one.expression}` < `${other.code} ${other.expression}` ? -1 : 1))
