/**
 * Which records depend on posted definitions: internal index entries by which posted definitions are found, and the
 * records that could not be updated without one of them.
 */
import type { Definitions } from '../definitions/definitions.ts'
import { POSTED_TYPES } from '../definitions/posted.ts'
import { parseCanonical } from '../fhir/reference.ts'
import type { Json, Resource } from '../fhir/types.ts'
import type { IndexEntry } from '../search/query.ts'

/** Internal entry of a posted definition. */
export const IS_POSTED = '_posted'

/**
 * Internal entries of a record: the posted definitions that it claims, answers or is extended by, by url, and by
 * `url|version` as well where it names a version.
 */
export const CLAIMS = '_claims'

export function dependencyEntries(definitions: Definitions, after: Resource): readonly IndexEntry[] {
  const own: readonly IndexEntry[] = POSTED_TYPES.includes(after.resourceType)
    ? [{ kind: 'token', param: IS_POSTED, code: 'true' }]
    : []
  return [...own, ...claimsOf(definitions, after).map((value) => ({ kind: 'uri' as const, param: CLAIMS, value }))]
}

/** The values of the entries `_claims`. */
export function claimsOf(definitions: Definitions, resource: Resource): readonly string[] {
  const { meta, questionnaire } = resource as Resource & { readonly questionnaire?: unknown }
  const profiles: unknown = meta?.profile
  const canonicals = [...(Array.isArray(profiles) ? (profiles as unknown[]) : []), questionnaire]
  const named = canonicals.flatMap((one) => (typeof one === 'string' ? namesOf(one, definitions) : []))
  const extensions = extensionsOf(definitions)
  if (extensions.size === 0) return [...new Set(named)]
  const found = new Set<string>(named)
  collect(resource as Json, extensions, found)
  return [...found]
}

function namesOf(canonical: string, definitions: Definitions): readonly string[] {
  const { url, version } = parseCanonical(canonical)
  if (!definitions.isPosted(url)) return []
  return version === undefined ? [url] : [url, `${url}|${version}`]
}

// A cache of a pure function of what never changes.
const extensions = new WeakMap<Definitions, ReadonlySet<string>>()

/** The extensions that are posted: without any, no record is searched for them. */
function extensionsOf(definitions: Definitions): ReadonlySet<string> {
  const cached = extensions.get(definitions)
  if (cached) return cached
  const all = definitions.published('StructureDefinition')
  const made = new Set(
    all.filter((one) => one.type === 'Extension' && definitions.isPosted(one.url)).map(({ url }) => url),
  )
  extensions.set(definitions, made)
  return made
}

function collect(value: Json, urls: ReadonlySet<string>, found: Set<string>): void {
  if (typeof value !== 'object' || value === null) return
  const { url } = value as { readonly url?: unknown }
  if (typeof url === 'string' && urls.has(url)) found.add(url)
  for (const one of Object.values(value)) collect(one as Json, urls, found)
}
