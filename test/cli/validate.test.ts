/** `nwd validate`: what it takes, what it prints and how it ends. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { validateFiles, type ValidateCommandOptions } from '../../server/cli/validate.ts'

const GOOD = { resourceType: 'Patient', id: 'a', active: true }
const BAD = { ...GOOD, birthDate: '2023-02-30' }
const OPEN: ValidateCommandOptions = { rules: 'open', threads: 1 }

const EXAMPLE = 'https://vendor.example/fhir/StructureDefinition/named'
const NAMED = {
  resourceType: 'StructureDefinition',
  url: EXAMPLE,
  name: 'Named',
  status: 'active',
  kind: 'resource',
  abstract: false,
  type: 'Patient',
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
  derivation: 'constraint',
  differential: { element: [{ id: 'Patient.name', path: 'Patient.name', min: 1 }] },
}

describe('cli / validate', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'nwd-validate-'))))
  afterEach(() => rmSync(folder, { recursive: true }))

  const put = (name: string, content: unknown): string => {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content))
    return file
  }
  const run = async (
    names: readonly string[],
    options: ValidateCommandOptions = OPEN,
    input: readonly string[] = [],
  ) => {
    let text = ''
    let stderr = ''
    const exit = await validateFiles(names, options, {
      input: chunksOf(input),
      out: { write: (part) => (text += part) },
      err: { write: (part) => (stderr += part) },
    })
    return { exit, text, stderr }
  }

  describe('takes', () => {
    it('a file', async () => {
      assert.deepEqual(await run([put('a.json', GOOD)]), { exit: 0, text: '1 valid, 0 invalid\n', stderr: '' })
    })

    it('a folder: the JSON and NDJSON files in and below it, but not the issues beside a sample', async () => {
      put('a.json', GOOD)
      put('below/b.json', { ...GOOD, foo: 1 })
      put('c.ndjson', `${JSON.stringify(GOOD)}\n`)
      put('d.txt', 'not read')
      put('a.issues.json', [])
      const { exit, text } = await run([folder])
      assert.equal(exit, 1)
      assert.match(text, /b\.json:1:\d+: error element-unknown Patient\.foo: .*\n2 valid, 1 invalid\n$/)
    })

    it('a pattern', async () => {
      for (const name of ['x/a1.json', 'x/y/a2.json', 'x/b1.json', 'x/a3.txt']) put(name, GOOD)
      const patterns: readonly [string, number][] = [
        ['x/a*.json', 1],
        ['**/a?.json', 2],
        ['x/{a,b}1.json', 2],
        ['x/**/*[0-9].*', 4],
        ['x/[!b]1.json', 1],
      ]
      for (const [pattern, count] of patterns)
        assert.equal((await run([path.join(folder, pattern)])).text, `${count} valid, 0 invalid\n`, pattern)
    })

    it('a file once, however often it is named', async () => {
      const file = put('a.json', GOOD)
      assert.equal((await run([file, folder, file])).text, '1 valid, 0 invalid\n')
    })

    it('standard input, however it arrives', async () => {
      const whole = JSON.stringify(BAD, undefined, 2)
      for (const input of [[whole], [...whole]]) {
        const { exit, text } = await run(['-'], OPEN, input)
        assert.equal(exit, 1)
        assert.match(text, /^-:5:16: error value-format Patient\.birthDate: /)
      }
    })

    it('NDJSON on standard input', async () => {
      const lines = `${JSON.stringify(GOOD)}\n\n${JSON.stringify(BAD)}\n${JSON.stringify(GOOD)}`
      for (const input of [[lines], [...lines]]) {
        const { text } = await run(['-'], OPEN, input)
        assert.match(text, /^-:3:\d+: error value-format Patient\.birthDate: .*\n2 valid, 1 invalid\n$/)
      }
    })

    it('long NDJSON in pieces, with the right line for each', async () => {
      const lines = Array.from({ length: 3000 }, (_, index) => ({
        ...(index % 1000 === 999 ? BAD : GOOD),
        text: { status: 'empty', div: `<div xmlns="http://www.w3.org/1999/xhtml">${'é'.repeat(200)}</div>` },
      }))
      const file = put('a.ndjson', lines.map((one) => JSON.stringify(one)).join('\n'))
      const { text } = await run([file], { ...OPEN, format: 'ndjson' })
      const results = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { line: number; valid: boolean })
      assert.deepEqual(
        results.map(({ line }) => line),
        lines.map((_, index) => index + 1),
      )
      assert.deepEqual(
        results.filter(({ valid }) => !valid).map(({ line }) => line),
        [1000, 2000, 3000],
      )
    })
  })

  describe('says', () => {
    it('file, line, column, severity, code, expression and a sentence', async () => {
      const file = put('a.json', '{\n  "resourceType": "Patient",\n  "birthDate": "2023-02-30"\n}')
      const { exit, text } = await run([file])
      assert.equal(exit, 1)
      assert.ok(text.startsWith(`${file}:3:16: error value-format Patient.birthDate: \`Patient.birthDate\` is `), text)
      assert.ok(text.endsWith('\n0 valid, 1 invalid\n'))
    })

    const faults: readonly [title: string, content: string | Buffer, says: RegExp][] = [
      ['text that is not JSON', '{\n"resourceType": }', /a\.json:2:17: error json-malformed -: .*line 2, column 17/],
      ['a property that is given twice', '{"id":"a",\n"id":"b"}', /a\.json:2:1: error json-duplicate-key -: .*`id`/],
      ['bytes that are not UTF-8', Buffer.from('{"id":"\u00e9"}', 'latin1'), /a\.json:1:1: error json-malformed -: /],
      ['an empty file', '', /a\.json:1:1: error json-malformed -: /],
      ['a value that is no object', '[]', /a\.json:1:1: error element-type /],
      ['nothing on a line of its own that the resource dictates', '{"resourceType":"Pa\\ntient"}', /`Pa\\u000atient`/],
    ]
    for (const [title, content, says] of faults) {
      it(`${title}, as an issue, and goes on`, async () => {
        const { exit, text } = await run([put('a.json', content), put('b.json', GOOD)])
        assert.equal(exit, 1)
        assert.match(text, says)
        assert.match(text, /\n1 valid, 1 invalid\n$/)
      })
    }

    it('faults of NDJSON with the line of the file', async () => {
      const { text } = await run([put('a.ndjson', `${JSON.stringify(GOOD)}\n{"a":1,\n${JSON.stringify(GOOD)}\n`)])
      assert.match(text, /a\.ndjson:2:8: error json-malformed -: .*line 2, column 8/)
      assert.match(text, /\n2 valid, 1 invalid\n$/)
    })

    it('how far it is, to a terminal only', async () => {
      const file = put('a.json', GOOD)
      const progress = async (isTTY: boolean) => {
        let stderr = ''
        const err = { isTTY, write: (part: string) => (stderr += part) }
        await validateFiles([file], OPEN, { input: chunksOf([]), out: { write: () => true }, err })
        return stderr
      }
      assert.match(await progress(true), /1 checked, 0 invalid/)
      assert.equal(await progress(false), '')
    })
  })

  describe('checks', () => {
    it('against the hub’s profiles unless others are named', async () => {
      const { text } = await run([put('a.json', GOOD)], { threads: 1 })
      assert.match(text, /error element-missing Patient\.birthDate/)
    })

    it('against a profile that is asked for', async () => {
      const profile = ['https://no-wrong-door.example/fhir/StructureDefinition/hub-participant']
      const { exit, text } = await run([put('a.json', GOOD)], { ...OPEN, profile })
      assert.equal(exit, 1)
      assert.match(text, /element-missing Patient\.managingOrganization/)
    })

    it('against definitions of a folder', async () => {
      put('own/named.json', `\uFEFF${JSON.stringify(NAMED)}`)
      put('own/package.json', { name: 'vendor.example' })
      const { exit, text } = await run([put('a.json', GOOD)], {
        ...OPEN,
        profile: [EXAMPLE],
        definitions: [path.join(folder, 'own')],
      })
      assert.equal(exit, 1)
      assert.match(text, /element-missing Patient\.name/)
    })

    it('on many threads with the same answer', async function () {
      this.timeout(60_000)
      for (let index = 0; index < 200; index++) put(`own-${index}.json`, index % 3 === 0 ? BAD : GOOD)
      const [one, two] = [await run([folder], OPEN), await run([folder], { ...OPEN, threads: 2 })]
      assert.match(one.text, /133 valid, 67 invalid\n$/)
      assert.deepEqual(two, one)
    })

    it('a long file on many threads with the same answer', async function () {
      this.timeout(60_000)
      const lines = Array.from({ length: 400 }, (_, index) => ({
        ...(index % 7 === 0 ? BAD : GOOD),
        text: { status: 'empty', div: `<div xmlns="http://www.w3.org/1999/xhtml">${'x'.repeat(8000)}</div>` },
      }))
      const file = put('a.ndjson', lines.map((one) => JSON.stringify(one)).join('\n'))
      const [one, two] = [await run([file], OPEN), await run([file], { ...OPEN, threads: 2 })]
      assert.match(one.text, /342 valid, 58 invalid\n$/)
      assert.deepEqual(two, one)
    })
  })

  describe('cannot run, and says why, for', () => {
    const stops: readonly [title: string, name: string, options: ValidateCommandOptions, says: RegExp][] = [
      ['a file that is not there', 'nowhere.json', {}, /^There is no file or folder `nowhere\.json`\.\n$/],
      ['a pattern that nothing matches', 'nowhere*.json', {}, /^No file matches `nowhere\*\.json`\.\n$/],
      ['rules that there are not', 'a.json', { rules: 'lax' }, /^`--rules` is `lax`; it must be `hub` or `open`\.\n$/],
      ['a format that there is not', 'a.json', { format: 'xml' }, /^`--format` is `xml`; it must be one of text, /],
      ['definitions that are not there', '-', { definitions: ['nowhere'] }, /^nowhere: it is not a folder\./],
    ]
    for (const [title, name, options, says] of stops) {
      it(title, async () => {
        const { exit, text, stderr } = await run([name], options)
        assert.equal(exit, 2)
        assert.equal(text, '')
        assert.match(stderr, says)
      })
    }

    const broken: readonly [title: string, content: unknown, says: RegExp][] = [
      ['is not JSON', '{', /^\/.*own\/named\.json: it is not JSON: /],
      ['is no resource', {}, /named\.json: it has no `resourceType`\./],
      ['has no url', { ...NAMED, url: undefined }, /named\.json: the StructureDefinition has no `url`\./],
      ['has an unknown base', { ...NAMED, baseDefinition: 'https://x.example/no' }, /named\.json: .*x\.example\/no/],
      [
        'has an element that its base has not',
        { ...NAMED, differential: { element: [{ path: 'Patient.nickname', min: 1 }] } },
        /named\.json: .*Patient\.nickname/,
      ],
      [
        'has a misspelt element',
        { resourceType: 'ValueSet', url: 'https://vendor.example/vs', status: 'active', compse: {} },
        /named\.json: `ValueSet\.compse` .* Correct the file\.\n$/,
      ],
    ]
    for (const [title, content, says] of broken) {
      it(`a definition that ${title}`, async () => {
        const { exit, stderr } = await run([put('a.json', GOOD)], {
          ...OPEN,
          definitions: [path.dirname(put('own/named.json', content))],
        })
        assert.equal(exit, 2)
        assert.match(stderr, says)
      })
    }
  })
})

async function* chunksOf(parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}
