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

// By fullUrl; or, for `Type/id`, by the end of a fullUrl.
function entry(bundle: Resource, reference: string): Resource | undefined {
  const entries = Array.isArray(bundle.entry)
    ? (bundle.entry as ({ fullUrl?: unknown; resource?: Resource } | null)[])
    : []
  const found = entries.find(
    (one) => typeof one?.fullUrl === 'string' && (one.fullUrl === reference || one.fullUrl.endsWith(`/${reference}`)),
  )
  return found?.resource
}
