/** What the repository publishes as FHIR JSON, for the tests that read it as data. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, sourceFiles } from '../checks/files.ts'

export const CANONICAL_ROOT = 'https://no-wrong-door.example/fhir'

export type Tree = { readonly [key: string]: unknown }
export type Concept = {
  readonly code: string
  readonly display?: string
  readonly property?: readonly Tree[]
}
export type CodeSystem = Tree & {
  readonly id: string
  readonly url: string
  readonly content: string
  readonly property?: readonly { readonly code: string; readonly type: string }[]
  readonly concept: readonly Concept[]
}
export type Published = { readonly file: string; readonly resource: Tree & { readonly resourceType: string } }

/** Every file named like a resource (`Type-id.json`) below the folders. */
export function published(...folders: string[]): Published[] {
  const files = folders.flatMap((folder) => sourceFiles(folder, ['.json']))
  return files
    .filter((file) => /\/[A-Z]\w+-[^/]+\.json$/.test(file))
    .map((file) => ({ file, resource: JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as Published['resource'] }))
}

export function codeSystems(): CodeSystem[] {
  return published('valuesets')
    .filter(({ resource }) => resource.resourceType === 'CodeSystem')
    .map(({ resource }) => resource as unknown as CodeSystem)
}

/** The codes of one of our own code systems, by id. */
export function codesOf(id: string): ReadonlySet<string> {
  const found = codeSystems().find((system) => system.id === id)
  if (!found) throw new Error(`No code system \`${id}\` in valuesets/.`)
  return new Set(found.concept.map((concept) => concept.code))
}

/** The value of a property, whatever its type: `{code, valueX}` or `{url, valueX}`. */
export function valueOf(part: Tree): unknown {
  return Object.entries(part).find(([key]) => key.startsWith('value'))?.[1]
}

/** Calls `visit` for every object inside a value, itself included. */
export function walk(value: unknown, visit: (node: Tree) => void): void {
  if (Array.isArray(value)) return value.forEach((item) => walk(item, visit))
  if (value === null || typeof value !== 'object') return
  visit(value as Tree)
  Object.values(value).forEach((item) => walk(item, visit))
}
