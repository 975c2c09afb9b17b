/** The resources that mutants are made of: the valid samples, the sample agencies, and examples of a folder of cases. */
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { examplesIn } from '../conformance/cases.ts'
import type { Resource } from './mutation.ts'

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
