/** The rules for contained resources, dom-2 to dom-5. https://hl7.org/fhir/R4/references.html#contained */
import type { JsonObject } from '../fhir/types.ts'
import type { CheckContext } from './check-context.ts'

const containedOf = (data: JsonObject): readonly JsonObject[] =>
  Array.isArray(data.contained)
    ? (data.contained as unknown[]).filter((one): one is JsonObject => typeof one === 'object' && one !== null)
    : []

/** dom-2: a contained resource contains no further resources. */
export const hasNoNestedContained = (data: JsonObject): boolean =>
  data.contained === undefined || containedOf(data).every((one) => one.contained === undefined)

/** dom-4: a contained resource has no versionId and no lastUpdated. */
export const containedHasNoVersion = (data: JsonObject): boolean =>
  data.contained === undefined ||
  containedOf(data).every(({ meta }) => !hasElement(meta, 'versionId') && !hasElement(meta, 'lastUpdated'))

/** dom-5: a contained resource has no security label. */
export const containedHasNoSecurity = (data: JsonObject): boolean =>
  data.contained === undefined || containedOf(data).every(({ meta }) => !hasElement(meta, 'security'))

/** dom-3: a contained resource is referred to in the resource, or refers to its container. Answers the index of the first that is not, or -1. */
export function firstUnreferencedContained(data: JsonObject): number {
  if (!Array.isArray(data.contained)) return -1
  const references = new Set<string>()
  collectFragments(data, references)
  return data.contained.findIndex(
    (one: JsonObject | null) => typeof one?.id === 'string' && !references.has(`#${one.id}`) && !refersToContainer(one),
  )
}

/**
 * Has an earlier contained resource the same id? "The contained resource's id is unique within the resource".
 * https://hl7.org/fhir/R4/references.html#contained
 */
export function hasDuplicateId(
  one: JsonObject,
  { container, cache }: Pick<CheckContext, 'container' | 'cache'>,
): boolean {
  if (one.id === undefined || container === one) return false
  const byContainer = (cache.contained ??= new Map<unknown, ReadonlyMap<unknown, unknown>>())
  const firstById =
    byContainer.get(container) ?? new Map([...containedOf(container)].reverse().map((each) => [each.id, each]))
  byContainer.set(container, firstById)
  return (firstById.get(one.id) ?? one) !== one
}

/** With a value, or with an extension instead. */
const hasElement = (value: unknown, name: string): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ((value as JsonObject)[name] !== undefined || (value as JsonObject)[`_${name}`] !== undefined)

/** Collects every text that may refer to a contained resource: Reference.reference, canonical, uri, url. */
function collectFragments(value: unknown, found: Set<string>): void {
  if (typeof value === 'string') {
    if (value.startsWith('#')) found.add(value)
  } else if (Array.isArray(value)) for (const one of value) collectFragments(one, found)
  else if (typeof value === 'object' && value !== null)
    for (const one of Object.values(value)) collectFragments(one, found)
}

function refersToContainer(one: JsonObject): boolean {
  const references = new Set<string>()
  collectFragments(one, references)
  return references.has('#')
}
