/**
 * The R4 (4.0.1) definitions of the trimmed copy under definitions/r4. Only the index is read at once; a definition
 * is inflated when it is first needed (scripts/r4/copy.ts writes the files). https://hl7.org/fhir/R4/downloads.html
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { CanonicalResource } from './canonical-resource.ts'
import type { JsonObject } from '../fhir/types.ts'

export type R4 = {
  find(url: string): CanonicalResource | undefined
  readonly resourceTypes: ReadonlySet<string>
  /** All SearchParameters, trimmed; read on each call, so keep what you need. */
  searchParameters(): readonly JsonObject[]
}

/** Where a definition is in its file, by its url. */
type Ranges = Record<string, [offset: number, length: number]>
type Index = { resourceTypes: string[]; files: Record<string, Ranges> }

const PARAMETERS = 'http://hl7.org/fhir/SearchParameter/'

const FOLDER = path.join(import.meta.dirname, 'r4')

/** Opens the copy. Throws what the file system throws when it is not there. */
export function openR4(): R4 {
  const index = json<Index>(readFileSync(path.join(FOLDER, 'index.json.gz')))
  const found = new Map<string, CanonicalResource>()
  const read = (url: string): CanonicalResource | undefined => {
    for (const [file, ranges] of Object.entries(index.files)) {
      const range = Object.hasOwn(ranges, url) ? ranges[url] : undefined
      if (range) return json<CanonicalResource>(slice(path.join(FOLDER, `${file}.ndjson.gz`), ...range))
    }
    return undefined
  }
  const searchParameters = (): readonly JsonObject[] =>
    json(readFileSync(path.join(FOLDER, 'search-parameters.json.gz')))
  let parameters: ReadonlyMap<unknown, JsonObject> | undefined
  const parameter = (url: string): CanonicalResource | undefined => {
    if (!url.startsWith(PARAMETERS)) return undefined
    parameters ??= new Map(searchParameters().map((one) => [one.url, one]))
    return parameters.get(url) as CanonicalResource | undefined
  }
  return {
    resourceTypes: new Set(index.resourceTypes),
    find(url) {
      const definition = found.get(url) ?? read(url) ?? parameter(url)
      // What is not there is not remembered: a client may name any number of urls.
      if (definition) found.set(url, definition)
      return definition
    },
    searchParameters,
  }
}

const json = <T>(packed: Buffer): T => JSON.parse(gunzipSync(packed).toString()) as T

function slice(file: string, offset: number, length: number): Buffer {
  const handle = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(length)
    readSync(handle, bytes, 0, length, offset)
    return bytes
  } finally {
    closeSync(handle)
  }
}
