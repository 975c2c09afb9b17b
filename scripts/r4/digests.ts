/**
 * A digest for each published element: its path, cardinality, types, targets, binding, constraints and fixed values, in
 * eight characters. digests.txt.gz has one line for each definition, which `zcat` shows:
 *
 *     StructureDefinition <url> <digest of its head> <element id>=<digest> <element id>=<digest> ...
 *     ValueSet <url> <digest of the whole>
 *
 * They are computed from the definitions as published, and must equal those of the copy without its corrections.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { elementId, elementsOf, pick, type Definition, type JsonObject } from './definition.ts'
import { trimmed } from './trim.ts'

export type Digests = {
  readonly resourceType: string
  readonly url: string
  /** The digest of the definition; for a StructureDefinition, without its elements. */
  readonly digest: string
  /** By the id of the element, in the order of the definition. */
  readonly elements: ReadonlyMap<string, string>
}

/** The digests of a definition, published or trimmed; undefined for a resource type that the copy does not contain. */
export function digestsOf(definition: Definition): Digests | undefined {
  const { resourceType, url } = definition
  if (resourceType === 'StructureDefinition') {
    const elements = elementsOf(definition).map((one) => [elementId(one), digest(elementFacts(one))] as const)
    return { resourceType, url, digest: digest(pick(definition, HEAD)), elements: new Map(elements) }
  }
  const whole = resourceType === 'SearchParameter' ? pick(definition, PARAMETER) : trimmed(definition)
  return whole && { resourceType, url, digest: digest(whole), elements: new Map() }
}

const HEAD = [
  'version',
  'name',
  'kind',
  'abstract',
  'type',
  'baseDefinition',
  'derivation',
  'context',
  'contextInvariant',
]
const PARAMETER = ['name', 'code', 'base', 'type', 'expression', 'target', 'component']

const FHIR_TYPE = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type'
const MAX_VALUE_SET = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet'

/** The properties that validation uses. This file shares no code with trim.ts, so that a mistake in either is found. */
function elementFacts(element: JsonObject): JsonObject {
  const { path: at, sliceName, min, max, maxLength, contentReference, slicing, isModifier } = element
  const binding = element.binding as JsonObject | undefined
  return {
    id: elementId(element),
    at,
    sliceName,
    cardinality: [min, max],
    maxLength,
    contentReference,
    slicing,
    isModifier: isModifier === true,
    types: list(element.type).map(typeFacts),
    binding: binding && [binding.strength, binding.valueSet, extensionUrl(binding, MAX_VALUE_SET)],
    constraints: list(element.constraint)
      .filter(({ key }) => key !== 'ele-1' || at === 'Element')
      .map(({ key, severity, human, expression }) => [key, severity, human, expression]),
    values: Object.entries(element).filter(([name]) => /^(fixed|pattern|minValue|maxValue)[A-Z]/.test(name)),
  }
}

const typeFacts = (type: JsonObject): unknown[] => [
  extensionUrl(type, FHIR_TYPE) ?? type.code,
  type.profile,
  type.targetProfile,
  type.aggregation,
  type.versioning,
]

const list = (value: unknown): readonly JsonObject[] => (value ?? []) as JsonObject[]

function extensionUrl(holder: JsonObject, url: string): unknown {
  const found = list(holder.extension).find((one) => one.url === url)
  return found?.valueUrl ?? found?.valueCanonical
}

/** 48 bits, which is enough to detect an accidental change. The order of properties does not count. */
const digest = (value: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('base64url')
    .slice(0, 8)

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, one]) => [name, sorted(one)]))
}

const fileIn = (folder: string): string => path.join(folder, 'digests.txt.gz')

export function writeDigests(all: readonly Digests[], folder: string): void {
  const lines = all.map(({ resourceType, url, digest: own, elements }) =>
    [resourceType, url, own, ...[...elements].map(([id, one]) => `${id}=${one}`)].join(' '),
  )
  writeFileSync(fileIn(folder), gzipSync(lines.join('\n') + '\n', { level: 9 }))
}

export function readDigests(folder: string): readonly Digests[] {
  const lines = gunzipSync(readFileSync(fileIn(folder)))
    .toString()
    .trimEnd()
    .split('\n')
  return lines.map((line) => {
    const [resourceType = '', url = '', own = '', ...elements] = line.split(' ')
    const pairs = elements.map(
      (one) => [one.slice(0, one.lastIndexOf('=')), one.slice(one.lastIndexOf('=') + 1)] as const,
    )
    return { resourceType, url, digest: own, elements: new Map(pairs) }
  })
}
