/** What vendors import: `validator`, as README and docs/validate.md promise it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { validator, type Validate } from '../server/library.ts'
import { ROOT } from './checks/files.ts'
import { textOf } from './checks/markdown.ts'

describe('the library', () => {
  let validate: Validate
  before(async () => {
    validate = await validator({ rules: 'open' })
  })

  it('judges an object', async () => {
    assert.deepEqual(await validate({ resourceType: 'Patient' }), { valid: true, issues: [] })
    const { valid, issues } = await validate({ resourceType: 'Patient', active: 'true' })
    assert.equal(valid, false)
    assert.deepEqual(
      issues.map(({ detail, expression, position }) => ({ code: detail, expression, position })),
      [{ code: 'element-type', expression: 'Patient.active', position: undefined }],
    )
  })

  it('judges a text, and says where', async () => {
    const { issues } = await validate('{"resourceType":"Patient",\n"active":"true"}')
    assert.deepEqual(issues[0]?.position, { line: 2, column: 10 })
  })

  it('reports text that is not JSON as an issue', async () => {
    const { valid, issues } = await validate('{')
    assert.equal(valid, false)
    assert.deepEqual(
      issues.map(({ detail: code, position }) => ({ code, position })),
      [{ code: 'json-malformed', position: { line: 1, column: 2 } }],
    )
  })

  it('is of the hub’s rules unless others are named, and takes further profiles', async () => {
    const hub = await validator()
    assert.equal((await hub({ resourceType: 'Patient' })).valid, false)
    const profile = 'https://no-wrong-door.example/fhir/StructureDefinition/hub-participant'
    assert.equal((await validate({ resourceType: 'Patient' }, [profile])).valid, false)
  })

  it('refuses definitions that are not there', async () => {
    await assert.rejects(validator({ definitions: ['nowhere'] }), { name: 'DefinitionFault' })
  })

  it('runs the test of README in a project of its own', function () {
    this.timeout(60_000)
    const example = /```js\n([\s\S]*?)```/.exec(textOf('README.md'))?.[1]
    assert.ok(example !== undefined && example.includes("from 'no-wrong-door'"), 'README has no example')
    const folder = mkdtempSync(path.join(tmpdir(), 'nwd-library-'))
    try {
      mkdirSync(path.join(folder, 'node_modules'))
      symlinkSync(ROOT, path.join(folder, 'node_modules', 'no-wrong-door'), 'dir')
      writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}')
      writeFileSync(path.join(folder, 'hub.test.js'), example)
      const { stdout, stderr, status } = spawnSync(
        process.execPath,
        ['--import', 'no-wrong-door/typescript', '--test'],
        {
          cwd: folder,
          encoding: 'utf8',
          env: { PATH: process.env.PATH },
        },
      )
      assert.equal(status, 0, stdout + stderr)
      assert.match(stdout, /the hub accepts the participant that we send/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
