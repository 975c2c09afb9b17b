/**
 * Reads elements by a path of their names (`provision.actor.reference`), through lists, in the order of the document. So
 * the rules name elements (visibility.json, writing.json); a path that chooses among values is FHIRPath (server/fhirpath).
 */
import { parseReference } from './reference.ts'
import type { Json, JsonObject, Resource } from './types.ts'

/** All values at a path below the resource; none where an element of the path is not there. */
export function valuesAt(resource: Resource | JsonObject, path: string): readonly Json[] {
  return path
    .split('.')
    .reduce<Json[]>((found, name) => found.flatMap((value) => children(value, name)), [resource as Json])
}

function children(value: Json, name: string): Json[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return []
  const child = (value as JsonObject)[name]
  if (child === undefined || child === null) return []
  return Array.isArray(child) ? [...child] : [child as Json]
}

/**
 * The ids behind the references at a path that point to a type: `Organization/abe` gives `abe`. Only records of the hub
 * count: a look-alike at another address (`https://elsewhere.example/Patient/1`) names nobody here.
 */
export function idsAt(resource: Resource | JsonObject, path: string, type: string): readonly string[] {
  return valuesAt(resource, path).flatMap((value) => {
    const text = (value as JsonObject | null)?.reference
    const found = typeof text === 'string' ? parseReference(text) : undefined
    return found?.kind === 'local' && found.type === type ? [found.id] : []
  })
}
