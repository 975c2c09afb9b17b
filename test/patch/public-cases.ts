/** The public cases of patches. test/patch/README.md */
import { readFileSync } from 'node:fs'
import type { Json, Resource } from '../../server/fhir/types.ts'

export type FhirPathCase = {
  readonly name: string
  readonly input: Resource
  readonly diff: Resource
  readonly output?: Resource
  readonly error?: string
}
export type JsonPatchCase = {
  readonly comment: string
  readonly doc: Json
  readonly patch: Json
  readonly expected?: Json
  readonly error?: string
}

const casesOf = (file: string): unknown => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'))

export const FHIRPATH_CASES = casesOf('fhirpath-cases.json') as readonly FhirPathCase[]
export const JSON_PATCH_CASES = casesOf('json-patch-cases.json') as readonly JsonPatchCase[]
