/** The rules for contained resources, dom-2 to dom-5. https://hl7.org/fhir/R4/references.html#contained */
import type { JsonObject } from '../fhir/types.ts'
import type { CheckContext } from './check-context.ts'

const listOf = (data: JsonObject): readonly JsonObject[] =>
  Array.isArray(data.contained)
    ? (data.contained as unknown[]).filter((one): one is JsonObject => typeof one === 'object' && one !== null)
    : []

/** dom-2: a contained resource contains none. */
export const containedFree = (data: JsonObject): boolean =>
  data.contained === undefined || listOf(data).every((one) => one.contained === undefined)

/** dom-4: it has no version and no time of update. */
export const containedUnversioned = (data: JsonObject): boolean =>
  data.contained === undefined || listOf(data).every(({ meta }) => !has(meta, 'versionId') && !has(meta, 'lastUpdated'))

/** dom-5: it has no security label. */
export const containedUnlabelled = (data: JsonObject): boolean =>
  data.contained === undefined || listOf(data).every(({ meta }) => !has(meta, 'security'))

/** dom-3: each is referred to from elsewhere in the resource, or refers to the resource that contains it. -1: so it is. */
export function firstUnreferenced(data: JsonObject): number {
  if (!Array.isArray(data.contained)) return -1
  const references = new Set<string>()
  collect(data, references)
  return data.contained.findIndex(
    (one: JsonObject | null) => typeof one?.id === 'string' && !references.has(`#${one.id}`) && !refersOut(one),
  )
}

/**
 * Is another contained resource of the same id before it? "The contained resource's id is unique within the resource".
 * https://hl7.org/fhir/R4/references.html#contained
 */
export function isRepeated(one: JsonObject, { container, cache }: Pick<CheckContext, 'container' | 'cache'>): boolean {
  if (one.id === undefined || container === one) return false
  const known = (cache.contained ??= new Map<unknown, ReadonlyMap<unknown, unknown>>())
  const firsts = known.get(container) ?? new Map([...listOf(container)].reverse().map((each) => [each.id, each]))
  known.set(container, firsts)
  return (firsts.get(one.id) ?? one) !== one
}

/** With a value, or with an extension in its place. */
const has = (value: unknown, name: string): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ((value as JsonObject)[name] !== undefined || (value as JsonObject)[`_${name}`] !== undefined)

/** Every text that may be a reference to something contained: Reference.reference, canonical, uri, url. */
function collect(value: unknown, found: Set<string>): void {
  if (typeof value === 'string') {
    if (value.startsWith('#')) found.add(value)
  } else if (Array.isArray(value)) for (const one of value) collect(one, found)
  else if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) collect(one, found)
}

function refersOut(one: JsonObject): boolean {
  const references = new Set<string>()
  collect(one, references)
  return references.has('#')
}
