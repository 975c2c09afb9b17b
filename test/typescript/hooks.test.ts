/** The loader: TypeScript without its types, at the same lines and columns. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ROOT } from '../checks/files.ts'

describe('typescript / hooks', function () {
  this.timeout(20_000)
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'nwd-typescript-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  /** Runs a program of one file. */
  const run = (source: string) => {
    const file = path.join(folder, 'program.ts')
    writeFileSync(file, source)
    const loader = path.join(ROOT, 'server/typescript/register.mjs')
    return spawnSync(process.execPath, ['--import', loader, file], { encoding: 'utf8' })
  }

  it('runs a file, and a fault in it names the line and column of the source', () => {
    const { stderr } = run('type Text = string\n\nconst text: Text = "a"; throw new Error(text)\n')
    assert.match(stderr, /program\.ts:3:31/)
  })

  it('says where a file cannot be read', () => {
    assert.match(run('const x = 1\nconst y: = 2\n').stderr, /SyntaxError.*program\.ts:2:10: /)
  })

  it('says where a file has syntax of TypeScript that cannot be erased', () => {
    assert.match(run('\nenum Colour { Red }\n').stderr, /SyntaxError.*program\.ts:2:1: .*enum/)
  })

  it('says which file is missing, and which imports it', () => {
    assert.match(
      run("import './missing.ts'\n").stderr,
      /Cannot find module '.*missing\.ts' imported from .*program\.ts/,
    )
  })
})
