/** `nwd validate`: what it prints and how it ends. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { validateFiles, type Options } from '../../server/cli/validate.ts'

const GOOD = { resourceType: 'Patient', active: true }

describe('cli / validate', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'nwd-validate-'))))
  afterEach(() => rmSync(folder, { recursive: true }))

  const put = (name: string, content: unknown): string => {
    const file = path.join(folder, name)
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
    return file
  }
  const run = async (paths: readonly string[], options: Options = { rules: 'open' }) => {
    let text = ''
    const exit = await validateFiles(paths, options, { write: (part) => (text += part) })
    return { exit, text }
  }

  it('ends with 0 when all is valid', async () => {
    assert.deepEqual(await run([put('a.json', GOOD)]), { exit: 0, text: '1 valid, 0 invalid\n' })
  })

  it('prints a line for each issue and ends with 1', async () => {
    const file = put('a.json', { ...GOOD, birthDate: '2023-02-30' })
    const { exit, text } = await run([file])
    assert.equal(exit, 1)
    assert.match(
      text,
      /^.*a\.json: error value-format Patient\.birthDate: `Patient\.birthDate` is `2023-02-30`\..*\n0 valid, 1 invalid\n$/,
    )
    assert.ok(text.startsWith(`${file}: `))
  })

  it('takes every JSON file of a folder', async () => {
    put('a.json', GOOD)
    put('b.json', { ...GOOD, foo: 1 })
    put('c.txt', 'not read')
    const { exit, text } = await run([folder])
    assert.equal(exit, 1)
    assert.match(text, /b\.json: error element-unknown Patient\.foo: .*\n1 valid, 1 invalid\n$/)
  })

  it('tells text that is not JSON as an issue of its file', async () => {
    const { exit, text } = await run([put('a.json', '{"resourceType": }')])
    assert.equal(exit, 1)
    assert.match(text, /a\.json: error json-malformed -: .*line 1/)
  })

  it('holds resources to the hub’s profiles unless told otherwise', async () => {
    const { text } = await run([put('a.json', GOOD)], {})
    assert.match(text, /error element-missing Patient\.birthDate/)
  })

  it('checks against a profile that is asked for', async () => {
    const profile = ['https://no-wrong-door.example/fhir/StructureDefinition/hub-participant']
    const { exit, text } = await run([put('a.json', GOOD)], { rules: 'open', profile })
    assert.equal(exit, 1)
    assert.match(text, /element-missing Patient\.managingOrganization/)
  })

  const stops: readonly [title: string, paths: readonly string[], options: Options, says: RegExp][] = [
    ['a file that is not there', ['nowhere.json'], {}, /^There is no file or folder `nowhere\.json`\.\n$/],
    ['rules that there are not', [], { rules: 'lax' }, /^`--rules` is `lax`; it must be `hub` or `open`\.\n$/],
  ]
  for (const [title, paths, options, says] of stops) {
    it(`ends with 2 for ${title}`, async () => {
      const { exit, text } = await run(paths, options)
      assert.equal(exit, 2)
      assert.match(text, says)
    })
  }
})
