/** The resources from which mutants are made: the valid samples, the sample agencies, and examples of a folder of cases. */
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { examplesIn } from '../conformance/cases.ts'
import { isObject, type Resource } from './mutation.ts'

export type Seed = { readonly name: string; readonly resource: Resource }

/** `cases`: a folder as `npm run conformance` reads it; its examples are named `examples/<file>`. */
export function seedsIn(root: string, cases?: string): readonly Seed[] {
  const samples = readdirSync(path.join(root, 'samples'), { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll(path.sep, '/'))
    .filter((name) => /^seed\/[^/]+\.json$|\/valid-[^/]+(?<!\.issues)\.json$/.test(name))
    .sort()
  return [
    ...samples.map((name) => seed(`samples/${name}`, readFileSync(path.join(root, 'samples', name), 'utf8'))),
    ...(cases === undefined ? [] : examplesIn(cases)).map(({ name, text }) => seed(`examples/${name}`, text)),
  ]
}

const seed = (name: string, text: string): Seed => ({ name, resource: JSON.parse(text) as Resource })

/** Every resource of R4 JSON in a folder, such as the examples of an implementation guide. Throws Error for none. */
export function seedsOf(folder: string): readonly Seed[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'))
  const seeds = names
    .sort()
    .map((name) => seed(name, readFileSync(path.join(folder, name), 'utf8').replace(/^\uFEFF/, '')))
  const resources = seeds.filter(({ resource }) => isObject(resource) && typeof resource.resourceType === 'string')
  if (resources.length === 0) throw new Error(`There is no resource in \`${folder}\`. Name a folder of JSON files.`)
  return resources
}
