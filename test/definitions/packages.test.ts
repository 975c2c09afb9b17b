/** Definitions of other publishers, read from a folder. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readPackages } from '../../server/definitions/packages.ts'

describe('definitions / packages', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'nwd-packages-'))))
  afterEach(() => rmSync(folder, { recursive: true }))
  const write = (content: object): void => writeFileSync(path.join(folder, 'a.json'), JSON.stringify(content))

  it('may hold null beside an extension, as primitives do', async () => {
    const url = 'https://state.example/x'
    write({ resourceType: 'StructureDefinition', url, contextInvariant: [null], _contextInvariant: [{ id: 'a' }] })
    assert.deepEqual(
      (await readPackages(folder)).map(({ content }) => content.url),
      [url],
    )
  })

  it('are refused for null in a list, with its location', async () => {
    write({ resourceType: 'CodeSystem', url: 'https://state.example/x', concept: [{ code: 'a', property: [null] }] })
    await assert.rejects(readPackages(folder), /a\.json: `CodeSystem\.concept\[0\]\.property\[0\]` is null/)
    write({ resourceType: 'Bundle', entry: [{ resource: { resourceType: 'ValueSet', compose: { include: [null] } } }] })
    await assert.rejects(readPackages(folder), /a\.json: `ValueSet\.compose\.include\[0\]` is null/)
  })
})
