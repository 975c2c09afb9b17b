/** What a reference means inside the resource that holds it: contained resources and entries of the same Bundle. */
import { parseReference, typeOfUrl } from '../fhir/reference.ts'

type Resource = Readonly<Record<string, unknown>>

/** The resource that contains, and the outermost one. */
type Place = { readonly container: Resource; readonly root: Resource }

/** The resource that a reference points at, if it is at hand. */
export function find(reference: string, run: Place): Resource | undefined {
  if (reference === '#') return run.container
  if (reference.startsWith('#')) return contained(run.container, reference.slice(1))
  return run.root.resourceType === 'Bundle' ? entry(run.root, reference) : undefined
}

/** The type that a reference points at, by what is at hand or by its text; undefined when neither tells. */
export function typeOfReference(reference: string, run: Place): string | undefined {
  const found = find(reference, run)
  if (found) return typeof found.resourceType === 'string' ? found.resourceType : undefined
  const parsed = parseReference(reference)
  if (parsed?.kind === 'local' || parsed?.kind === 'conditional') return parsed.type
  return parsed?.kind === 'elsewhere' ? typeOfUrl(parsed.url) : undefined
}

function contained(container: Resource, id: string): Resource | undefined {
  const list = container.contained
  return Array.isArray(list) ? ((list as (Resource | null)[]).find((one) => one?.id === id) ?? undefined) : undefined
}

type Entry = { readonly fullUrl?: unknown; readonly resource?: Resource } | null

const entriesOf = (bundle: Resource): readonly Entry[] =>
  Array.isArray(bundle.entry) ? (bundle.entry as readonly Entry[]) : []

// By fullUrl; or, for `Type/id`, by the end of a fullUrl.
function entry(bundle: Resource, reference: string): Resource | undefined {
  const { bare } = versionOf(reference)
  const found = entriesOf(bundle).find(
    (one) => typeof one?.fullUrl === 'string' && (one.fullUrl === bare || one.fullUrl.endsWith(`/${bare}`)),
  )
  return found?.resource
}

function versionOf(reference: string): { readonly bare: string; readonly version?: string } {
  const at = reference.indexOf('/_history/')
  return at < 0 ? { bare: reference } : { bare: reference.slice(0, at), version: reference.slice(at + 10) }
}

/**
 * All entries of a Bundle that a reference from one of its resources may mean: relative to the base of that entry's
 * fullUrl, and by version where it names one. https://hl7.org/fhir/R4/bundle.html#references
 */
export function candidates(
  reference: string,
  { root, resource }: { readonly root: Resource; readonly resource: Resource },
): readonly Resource[] {
  const { bare, version } = versionOf(reference)
  const from = entriesOf(root).find((one) => one?.resource === resource)?.fullUrl
  const base = typeof from === 'string' ? /^(https?:.*\/)[A-Z][A-Za-z]+\/[^/]+$/.exec(from)?.[1] : undefined
  const wanted = bare.includes(':') || base === undefined ? bare : base + bare
  return entriesOf(root).flatMap((one) => {
    const { fullUrl, resource: found } = one ?? {}
    const isMeant = fullUrl === wanted || (typeof fullUrl === 'string' && !base && fullUrl.endsWith(`/${wanted}`))
    const held = (found?.meta as { versionId?: unknown } | null | undefined)?.versionId
    return isMeant && found && (version === undefined || held === version) ? [found] : []
  })
}
