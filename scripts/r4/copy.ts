/**
 * The copy of R4 in server/definitions/r4: builds it from its sources, writes and reads it. `structures` and `terminology` are rows
 * of gzip members, one definition each, so that the hub inflates only what it needs (index.json.gz has the positions), and
 * `zcat` shows the whole as lines of JSON.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Definition } from './definition.ts'
import { corrected, isOmitted } from './differences.ts'
import { searchParameter } from './search-parameters.ts'
import { trimmed } from './trim.ts'

export type Copy = {
  readonly structures: readonly Definition[]
  readonly terminology: readonly Definition[]
  readonly searchParameters: readonly Definition[]
}

type Range = readonly [offset: number, length: number]
export type Index = {
  readonly resourceTypes: readonly string[]
  readonly files: Readonly<Record<'structures' | 'terminology', Readonly<Record<string, Range>>>>
}

export const FOLDER = path.join(import.meta.dirname, '../../server/definitions/r4')

/** The copy that results from these sources. Throws an Error if a correction no longer applies. */
export function copyOf(sources: readonly Definition[]): Copy {
  const held = sources.filter((one) => !isOmitted(one))
  const definitions = held.flatMap((one) => trimmed(one) ?? []).map(corrected)
  const isStructure = (one: Definition): boolean => one.resourceType === 'StructureDefinition'
  return {
    structures: definitions.filter(isStructure),
    terminology: definitions.filter((one) => !isStructure(one)),
    searchParameters: held
      .filter((one) => one.resourceType === 'SearchParameter')
      .map((one) => corrected(searchParameter(one))),
  }
}

/** The resource types that are not abstract. */
export const resourceTypesOf = (structures: readonly Definition[]): readonly string[] =>
  structures
    .filter((one) => one.kind === 'resource' && one.derivation === 'specialization' && !one.abstract)
    .map((one) => String(one.name))
    .sort()

export function writeCopy({ structures, terminology, searchParameters }: Copy, folder: string = FOLDER): void {
  mkdirSync(folder, { recursive: true })
  const index: Index = {
    resourceTypes: resourceTypesOf(structures),
    files: {
      structures: writeMembers(path.join(folder, 'structures.ndjson.gz'), structures),
      terminology: writeMembers(path.join(folder, 'terminology.ndjson.gz'), terminology),
    },
  }
  writeFileSync(path.join(folder, 'index.json.gz'), packed(index))
  writeFileSync(path.join(folder, 'search-parameters.json.gz'), packed(searchParameters))
}

export const readCopy = (folder: string): Copy => ({
  structures: readMembers(path.join(folder, 'structures.ndjson.gz')),
  terminology: readMembers(path.join(folder, 'terminology.ndjson.gz')),
  searchParameters: unpacked<Definition[]>(readFileSync(path.join(folder, 'search-parameters.json.gz'))),
})

/**
 * A sentence for each entry of the index that does not lead to its definition, and for each difference between its resource
 * types and the structures.
 */
export function indexFaults(folder: string, { structures, terminology }: Copy): readonly string[] {
  const index = unpacked<Index>(readFileSync(path.join(folder, 'index.json.gz')))
  const faults: string[] = []
  for (const [file, definitions] of Object.entries({ structures, terminology })) {
    const bytes = readFileSync(path.join(folder, `${file}.ndjson.gz`))
    const ranges = index.files[file as keyof Copy & keyof Index['files']]
    for (const url of Object.keys(ranges))
      if (!definitions.some((one) => one.url === url)) faults.push(`The index names ${url}, which ${file} lacks.`)
    for (const { url } of definitions) {
      const [offset, length] = ranges[url] ?? [0, 0]
      const found = length > 0 && unpacked<Definition>(bytes.subarray(offset, offset + length)).url
      if (found !== url) faults.push(`The index does not lead to ${url}.`)
    }
  }
  if (String(index.resourceTypes) !== String(resourceTypesOf(structures)))
    faults.push('The resource types of the index are not those of the structures.')
  return faults
}

function writeMembers(file: string, definitions: readonly Definition[]): Record<string, Range> {
  const members: Buffer[] = []
  const ranges: Record<string, Range> = {}
  let offset = 0
  for (const definition of definitions) {
    const member = packed(definition, '\n')
    ranges[definition.url] = [offset, member.length]
    offset += member.length
    members.push(member)
  }
  writeFileSync(file, Buffer.concat(members))
  return ranges
}

function readMembers(file: string): Definition[] {
  const bytes = readFileSync(file)
  if (bytes.length === 0) return []
  const lines = gunzipSync(bytes).toString().trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as Definition)
}

const packed = (value: unknown, end = ''): Buffer => gzipSync(JSON.stringify(value) + end, { level: 9 })
const unpacked = <T>(bytes: Buffer): T => JSON.parse(gunzipSync(bytes).toString()) as T
