/** Reads elements of a resource by a dotted path, through arrays: all values found, in order. */
import { parseReference } from '../../fhir/reference.ts'
import type { Json, JsonObject, Resource } from '../../fhir/types.ts'

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
 * The ids behind the references at a path that point at a type: `Organization/abe` gives `abe`. Only records of the hub
 * count: a look-alike at another address (`https://elsewhere.example/Patient/1`) names nobody here.
 */
export function idsAt(resource: Resource | JsonObject, path: string, type: string): readonly string[] {
  return valuesAt(resource, path).flatMap((value) => {
    const text = (value as JsonObject | null)?.reference
    const found = typeof text === 'string' ? parseReference(text) : undefined
    return found?.kind === 'local' && found.type === type ? [found.id] : []
  })
}

/** A Period as instants: [from, until). Either end may be open. `instant` reads a FHIR date as [start, end). */
export function boundsAt(
  resource: Resource,
  path: string | undefined,
  range: (text: string) => { start: number; end: number },
): { from?: number; until?: number } {
  const period = path === undefined ? undefined : (valuesAt(resource, path)[0] as JsonObject | undefined)
  const start = typeof period?.start === 'string' ? { from: range(period.start).start } : {}
  const end = typeof period?.end === 'string' ? { until: range(period.end).end } : {}
  return { ...start, ...end }
}
