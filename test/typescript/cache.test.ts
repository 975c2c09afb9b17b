/** Files without their types, kept for the next start. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from '../checks/files.ts'

type Cached = (source: string, strip: () => string, folder: string) => string

describe('typescript / cache', () => {
  let folder: string
  let cached: Cached
  before(async () => {
    const module = pathToFileURL(path.join(ROOT, 'server/typescript/cache.mjs')).href
    ;({ cached } = (await import(module)) as { cached: Cached })
  })
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'nwd-cache-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const SOURCE = 'const text: string = "é"'
  const STRIPPED = 'const text         = "é"'
  const strip = () => STRIPPED
  const notStripped = () => assert.fail('It was stripped again.')
  const entry = () => path.join(folder, readdirSync(folder)[0]!)

  it('strips a text once', () => {
    assert.equal(cached(SOURCE, strip, folder), STRIPPED)
    assert.equal(cached(SOURCE, notStripped, folder), STRIPPED)
    assert.equal(readdirSync(folder).length, 1)
  })

  it('strips a text that has changed', () => {
    cached(SOURCE, strip, folder)
    assert.equal(
      cached(`${SOURCE}\n`, () => `${STRIPPED}\n`, folder),
      `${STRIPPED}\n`,
    )
  })

  it('does not use an entry that is incomplete or changed, and replaces it', () => {
    const spoil = [
      () => truncateSync(entry(), 80),
      () => truncateSync(entry(), 0),
      () => writeFileSync(entry(), '\0'.repeat(readFileSync(entry()).length)),
      () => writeFileSync(entry(), readFileSync(entry(), 'utf8').replace('é', 'e')),
    ]
    for (const change of spoil) {
      cached(SOURCE, strip, folder)
      change()
      assert.equal(cached(SOURCE, strip, folder), STRIPPED)
      assert.equal(cached(SOURCE, notStripped, folder), STRIPPED)
    }
  })

  it('works where nothing can be written', () => {
    const file = path.join(folder, 'file')
    writeFileSync(file, '')
    assert.equal(cached(SOURCE, strip, file), STRIPPED)
  })
})
