/** A definition with a canonical url. https://hl7.org/fhir/R4/references.html#canonical */
import type { JsonObject } from '../fhir/types.ts'

/**
 * At least resourceType and url. The one exception: a topic of capability/topics is a Basic,
 * whose url is in its extension `ext-topic`; it is found under that url, and has no `url` of its own.
 */
export type CanonicalResource = JsonObject & { readonly resourceType: string; readonly url: string }
