/**
 * Reads elements by a path of their names (`provision.actor.reference`), through lists, in the order of the document. So
 * the rules name elements (visibility.json, writing.json); a path that chooses among values is FHIRPath (server/fhirpath).
 */
import { parseReference } from './reference.ts'
import type { Json, JsonObject, Resource } from './types.ts'

/** All values at a path below the resource; none where an element of the path is not there. */
export function valuesAt(resource: Resource | JsonObject, path: string): readonly Json[] {
  let found: Json[] = [resource as Json]
  for (const name of path.split('.')) {
    const children: Json[] = []
    for (const value of found) addChildren(value, name, children)
    if (children.length === 0) return children
    found = children
  }
  return found
}

function addChildren(value: Json, name: string, children: Json[]): void {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return
  const child = (value as JsonObject)[name]
  if (child === undefined || child === null) return
  if (Array.isArray(child)) for (const one of child as readonly Json[]) children.push(one)
  else children.push(child as Json)
}

/**
 * The ids behind the references at a path that point to a type: `Organization/abe` gives `abe`. Only records of the hub
 * count: a look-alike at another address (`https://elsewhere.example/Patient/1`) names nobody here.
 */
export function idsAt(resource: Resource | JsonObject, path: string, type: string): readonly string[] {
  const ids: string[] = []
  for (const value of valuesAt(resource, path)) {
    const text = (value as JsonObject | null)?.reference
    const found = typeof text === 'string' && text.startsWith(type) ? parseReference(text) : undefined
    if (found?.kind === 'local' && found.type === type) ids.push(found.id)
  }
  return ids
}
