/**
 * Canonicals: a reference by the url of a definition, with its version or without. One without a version leads to every
 * definition of that url. They are indexed as uris, so that what they lead to is looked up by the parameter `url`. So is a
 * literal reference to another server, which leads to the definition that has this address as its url.
 * https://hl7.org/fhir/R4/references.html#canonical
 */
import type { ResourceCapability } from '../definitions/definitions.ts'
import { parseCanonical, type Canonical } from '../fhir/reference.ts'
import type { Filter, IndexEntry } from './query.ts'

/** By which definitions are found. */
export const URL_PARAMETER = 'url'

/** Are the records of the type found by their own url? (The `url` of a Subscription is that of its endpoint.) */
export const isCanonicalType = ({ type, searchParameters }: ResourceCapability): boolean =>
  searchParameters.some(
    ({ code, type: kind, expression }) =>
      code === URL_PARAMETER && kind === 'uri' && expression.trim() === `${type}.${URL_PARAMETER}`,
  )

/** The url and version of a definition, by its entries; undefined where it has no url. */
export function canonicalOf(entries: readonly IndexEntry[] = []): Canonical | undefined {
  const urls = urisOf(entries, URL_PARAMETER)
  const whole = urls.find(hasVersion) ?? urls[0]
  return whole === undefined ? undefined : parseCanonical(whole)
}

/**
 * The condition on a record that its canonical `param` leads to one of these definitions. (Where it names the same url once
 * with a version and once without, the one without is overlooked.)
 */
export function leadsTo(param: string, definitions: readonly Canonical[]): Filter {
  const uri = (value: string): Filter => ({ op: 'uri', param, value })
  const versions = definitions.flatMap(({ url, version }) => (version === undefined ? [] : `${url}|${version}`))
  const urls = [...new Set(definitions.map(({ url }) => url))]
  const withoutVersion = urls.map((url): Filter => {
    const versioned: Filter = { op: 'uri', param, value: `${url}|`, starts: true }
    return { op: 'and', of: [uri(url), { op: 'not', of: versioned }] }
  })
  return { op: 'or', of: [...[...new Set(versions)].map(uri), ...withoutVersion] }
}

/** The canonicals by which a record refers to others. One with a version is indexed without it, too, which is left out. */
export function canonicalsIn(entries: readonly IndexEntry[], param: string): readonly string[] {
  const uris = urisOf(entries, param).filter((value) => !value.startsWith('#'))
  const versioned = new Set(uris.filter(hasVersion).map((value) => parseCanonical(value).url))
  return uris.filter((value) => hasVersion(value) || !versioned.has(value))
}

/** The condition on a definition that one of these canonicals names it. */
export const namedBy = (canonicals: Iterable<string>): Filter => ({
  op: 'or',
  of: [...canonicals].map((value): Filter => ({ op: 'uri', param: URL_PARAMETER, value })),
})

const urisOf = (entries: readonly IndexEntry[], param: string): readonly string[] =>
  entries.flatMap((entry) => (entry.kind === 'uri' && entry.param === param ? entry.value : []))

const hasVersion = (value: string): boolean => value.includes('|')
