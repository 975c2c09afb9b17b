/** Resolves a reference inside the resource that holds it: to a contained resource or an entry of the same Bundle. */
import type { JsonObject } from '../fhir/types.ts'
import { parseReference, typeOfUrl } from '../fhir/reference.ts'

/** The resource that contains the reference, and the outermost one. */
type ReferenceScope = { readonly container: JsonObject; readonly root: JsonObject }

/** The target of a reference, if it is in the container or in the Bundle. */
export function resolveReference(reference: string, scope: ReferenceScope): JsonObject | undefined {
  if (reference === '#') return scope.container
  if (reference.startsWith('#')) return containedById(scope.container, reference.slice(1))
  return scope.root.resourceType === 'Bundle' ? entryByFullUrl(scope.root, reference) : undefined
}

/** The type of the target, from the target or from the text of the reference; undefined when neither has it. */
export function referencedType(reference: string, scope: ReferenceScope): string | undefined {
  const found = resolveReference(reference, scope)
  if (found) return typeof found.resourceType === 'string' ? found.resourceType : undefined
  const parsed = parseReference(reference)
  if (parsed?.kind === 'local' || parsed?.kind === 'conditional') return parsed.type
  return parsed?.kind === 'elsewhere' ? typeOfUrl(parsed.url) : undefined
}

function containedById(container: JsonObject, id: string): JsonObject | undefined {
  const list = container.contained
  return Array.isArray(list) ? ((list as (JsonObject | null)[]).find((one) => one?.id === id) ?? undefined) : undefined
}

type UncheckedEntry = { readonly fullUrl?: unknown; readonly resource?: JsonObject } | null

const entriesOf = (bundle: JsonObject): readonly UncheckedEntry[] =>
  Array.isArray(bundle.entry) ? (bundle.entry as readonly UncheckedEntry[]) : []

// By fullUrl; or, for `Type/id`, by the end of a fullUrl.
function entryByFullUrl(bundle: JsonObject, reference: string): JsonObject | undefined {
  const { bare } = splitVersion(reference)
  const found = entriesOf(bundle).find(
    (one) => typeof one?.fullUrl === 'string' && (one.fullUrl === bare || one.fullUrl.endsWith(`/${bare}`)),
  )
  return found?.resource
}

function splitVersion(reference: string): { readonly bare: string; readonly version?: string } {
  const at = reference.indexOf('/_history/')
  return at < 0 ? { bare: reference } : { bare: reference.slice(0, at), version: reference.slice(at + 10) }
}

/**
 * Makes a function that finds all entries of a Bundle to which a reference of one entry may resolve: relative to the base
 * of the entry's fullUrl, and by version where the reference has one. https://hl7.org/fhir/R4/bundle.html#references
 */
export function entryResolver(bundle: JsonObject, from: unknown): (reference: string) => readonly JsonObject[] {
  const base = typeof from === 'string' ? /^(https?:.*\/)[A-Z][A-Za-z]+\/[^/]+$/.exec(from)?.[1] : undefined
  const byName = new Map<string, JsonObject[]>()
  for (const one of entriesOf(bundle)) {
    if (typeof one?.fullUrl !== 'string' || !one.resource) continue
    // Without a base, `Type/id` is compared with the end of the fullUrl.
    const name =
      base === undefined ? (/[A-Z][A-Za-z]+\/[^/]+$/.exec(one.fullUrl.slice(-200))?.[0] ?? one.fullUrl) : one.fullUrl
    for (const key of new Set([one.fullUrl, name])) append(byName, key, one.resource)
  }
  return (reference) => {
    const { bare, version } = splitVersion(reference)
    const found = byName.get(bare.includes(':') || base === undefined ? bare : base + bare) ?? []
    return version === undefined ? found : found.filter((one) => versionIdOf(one) === version)
  }
}

const versionIdOf = ({ meta }: JsonObject): unknown => (meta as { versionId?: unknown } | null | undefined)?.versionId

function append(lists: Map<string, JsonObject[]>, key: string, one: JsonObject): void {
  const list = lists.get(key)
  if (list) list.push(one)
  else lists.set(key, [one])
}
