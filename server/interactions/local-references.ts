/**
 * References to the hub's own records in one form, `Type/id`, whatever address the caller uses for the hub: who may
 * know of a record is decided by what it refers to. https://hl7.org/fhir/R4/references.html#literal
 */
import { formatReference, parseReference, referenceTexts, rewriteReferences } from '../fhir/reference.ts'
import type { Resource } from '../fhir/types.ts'

export function withLocalReferences<T extends Resource>(resource: T, base: string): T {
  const absolute = [...referenceTexts(resource)].filter((text) => text.startsWith(`${base}/`))
  if (absolute.length === 0) return resource
  return rewriteReferences(resource, new Map(absolute.flatMap((text) => relative(text, base))))
}

function relative(text: string, base: string): readonly (readonly [string, string])[] {
  const found = parseReference(text, base)
  return found?.kind === 'local' ? [[text, formatReference(found, found.version)]] : []
}
