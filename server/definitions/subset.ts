/**
 * A part of a resource: the elements of `_elements`, or one of the summaries of `_summary`, as the definitions mark them.
 * Elements that R4 makes mandatory stay, and the part is tagged SUBSETTED: it need not meet the rules of its profiles.
 * https://hl7.org/fhir/R4/search.html#summary and https://hl7.org/fhir/R4/search.html#elements
 */
import { carry } from '../fhir/decimals.ts'
import type { JsonObject, Resource } from '../fhir/types.ts'
import type { Definitions } from './definitions.ts'
import { isChoice, type ElementNode } from './structures/element.ts'

/**
 * - summary: what the base definition marks as part of the summary.    - text: the narrative, id and meta.
 * - data: all but the narrative.    - elements: these top-level elements, by type.
 */
export type Subset =
  | { readonly kind: 'summary' | 'text' | 'data' }
  | { readonly kind: 'elements'; readonly names: ReadonlyMap<string, ReadonlySet<string>> }

/** What every part has: without `modifierExtension` and `implicitRules` it could be misunderstood. */
const ALWAYS = new Set(['resourceType', 'id', 'meta', 'implicitRules', 'modifierExtension'])

/** The part of a resource. A resource of a type that has no definition stays whole. */
export function subsetOf(resource: Resource, subset: Subset, definitions: Definitions): Resource {
  const type = resource.resourceType
  if (!definitions.structures.find(type)) return resource
  const part = tagged(partOf(resource, subset, definitions))
  const contained = containedOf(part, resource)
  return contained.length > 0 ? carry(resource, { ...part, contained }) : part
}

function partOf(resource: Resource, subset: Subset, definitions: Definitions): Resource {
  const type = resource.resourceType
  if (subset.kind === 'data') return withMembers(resource, (name) => name !== 'text')
  const root = definitions.structures.tree(type)
  const mandatory = mandatoryNames(type, definitions)
  const stays = (name: string): boolean => ALWAYS.has(name) || mandatory.has(childOf(root, name)?.name ?? name)
  if (subset.kind === 'text') return withMembers(resource, (name) => name === 'text' || stays(name))
  if (subset.kind === 'elements') {
    const names = subset.names.get(type) ?? new Set()
    return withMembers(resource, (name) => stays(name) || names.has(plainName(childOf(root, name)?.name ?? name)))
  }
  const summary = summaryOf(resource, root) as Resource
  return withMembers(resource, (name) => stays(name) || Object.hasOwn(summary, name), summary)
}

/** The elements of a type by which `_elements` names them: `deceased` for `deceased[x]`. */
export const elementNames = (type: string, { structures }: Definitions): readonly string[] =>
  structures.find(type) ? [...structures.tree(type).children.keys()].map(plainName) : []

const plainName = (name: string): string => name.replace('[x]', '')

/** The top-level elements that R4 says there must be. What a profile says does not count: a part is no instance of it. */
const mandatoryNames = (type: string, { structures }: Definitions): ReadonlySet<string> =>
  new Set(
    [...structures.tree(type).children.values()]
      .filter(({ element }) => (element.min ?? 0) > 0)
      .map(({ name }) => name),
  )

/** An object with the members of which `stays` holds, primitives with their extensions (`_birthDate`); from `values` where they differ. */
function withMembers<T extends object>(holder: T, stays: (name: string) => boolean, values: object = {}): T {
  const members = Object.entries(holder).filter(([name]) => stays(name.startsWith('_') ? name.slice(1) : name))
  const changed = values as Record<string, unknown>
  return carry(holder, Object.fromEntries(members.map(([name, value]) => [name, changed[name] ?? value])) as T)
}

/** The elements that are part of the summary, and those that must be there with them. Data types stay whole. */
function summaryOf(value: unknown, node: ElementNode): unknown {
  if (Array.isArray(value))
    return carry(
      value,
      value.map((item) => summaryOf(item, node)),
    )
  if (node.children.size === 0 || typeof value !== 'object' || value === null) return value
  const holder = value as JsonObject
  const shown = (name: string): ElementNode | undefined => {
    const child = childOf(node, name)
    return child && (child.element.isSummary === true || (child.element.min ?? 0) > 0) ? child : undefined
  }
  const values = Object.fromEntries(
    Object.entries(holder).flatMap(([name, item]) => {
      const child = shown(name)
      return child ? [[name, summaryOf(item, child)] as const] : []
    }),
  )
  return withMembers(holder, (name) => ALWAYS.has(name) || shown(name) !== undefined, values)
}

/** The element that a property is: `valueQuantity` is `value[x]`. */
function childOf(node: ElementNode, property: string): ElementNode | undefined {
  const exact = node.children.get(property)
  if (exact) return exact
  for (const child of node.children.values()) {
    const begin = plainName(child.name)
    if (isChoice(child) && property.startsWith(begin) && /^[A-Z]/.test(property.slice(begin.length))) return child
  }
  return undefined
}

/** The tag of a part. */
export const SUBSETTED = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }

/** https://hl7.org/fhir/R4/resource.html#simple-tags */
function tagged(resource: Resource): Resource {
  const { meta = {} } = resource as { meta?: { tag?: readonly { system?: string; code?: string }[] } }
  const tags = meta.tag ?? []
  const isTagged = tags.some(({ system, code }) => system === SUBSETTED.system && code === SUBSETTED.code)
  if (isTagged) return resource
  const { resourceType, id, ...rest } = resource
  const tag = [...tags, { ...SUBSETTED, display: 'subsetted' }]
  return carry(resource, {
    resourceType,
    ...(id === undefined ? {} : { id }),
    ...rest,
    meta: { ...meta, tag },
  } as Resource)
}

/**
 * The contained resources that the part refers to, and those that they refer to: a reference would otherwise lead nowhere, and
 * the others would be of nothing (dom-3).
 */
function containedOf(part: Resource, { contained }: Resource): readonly Contained[] {
  const all = Array.isArray(contained) ? (contained as readonly Contained[]) : []
  const kept = new Set<Contained>()
  for (let from: readonly object[] = [part]; from.length > 0;) {
    const text = JSON.stringify(from)
    const next = all.filter((one) => !kept.has(one) && text.includes(`"reference":"#${one.id}"`))
    for (const one of next) kept.add(one)
    from = next
  }
  return all.filter((one) => kept.has(one))
}

type Contained = Resource & { readonly id?: string }
