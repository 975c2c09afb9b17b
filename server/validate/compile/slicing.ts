/**
 * Slicing: which items belong to which slice, how often each slice occurs, and what it adds.
 * https://hl7.org/fhir/R4/profiling.html#slicing
 */
import { valueOf, type Discriminator, type ElementNode } from '../../definitions/structures/element.ts'
import { unfold } from '../../definitions/structures/differential.ts'
import { copyNode } from '../../definitions/structures/element.ts'
import type { Structures } from '../../definitions/structures/structures.ts'
import { VALUE_FACETS } from '../facets/index.ts'
import { maxOf, minOf, type Place, type Property } from './place.ts'
import { isEmpty, mergeAll, type Match, type Schema, type Slice, type Slicing } from './schema.ts'

/** Extensions are always sliced by url. */
const BY_URL: readonly Discriminator[] = [{ type: 'value', path: 'url' }]

/** Walks the children of a slice: what they say beyond `base`. */
export type Walk = (node: ElementNode, base: ElementNode, structures: Structures) => Schema

type Setting = { readonly structures: Structures; readonly walk: Walk }

/** The slices of a list, if a profile defines any. */
export function slicing(
  place: Place,
  inherited: ElementNode | undefined,
  walk: Walk,
): { fhirSlices: Slicing } | undefined {
  const { node, structures } = place
  if (!inherited || node.slices.size === 0) return undefined
  const byUrl = isExtension(node) ? BY_URL : []
  return { fhirSlices: slicingOf(node, byUrl, { structures, walk }) }
}

/** Of a node with slices; of a slice with reslices, too. */
function slicingOf(node: ElementNode, usual: readonly Discriminator[], setting: Setting): Slicing {
  const { discriminator = usual, rules = 'open', ordered = false } = node.element.slicing ?? {}
  const slices = [...node.slices].map(([name, slice]) => sliceOf(name, slice, node, { ...setting, discriminator }))
  return { rules, ordered, slices }
}

/** What this slice says is for whatever belongs to no other. https://hl7.org/fhir/R4/profiling.html#default-slice */
const DEFAULT = '@default'

type Told = Setting & { readonly discriminator: readonly Discriminator[] }

function sliceOf(name: string, slice: ElementNode, sliced: ElementNode, { discriminator, ...setting }: Told): Slice {
  const schema = sliceSchema(slice, sliced, setting)
  const max = maxOf(slice.element)
  const matches = discriminator.map((one) => matchesOf(one, slice, setting.structures))
  const known = matches.length > 0 && matches.every((one) => one.length > 0)
  return {
    name,
    min: minOf(slice.element),
    max: max === Infinity ? '*' : max,
    ...(name === DEFAULT ? { isDefault: true } : known ? { match: matches.flat() } : {}),
    ...(isEmpty(schema) ? {} : { schema }),
    ...(slice.slices.size > 0 ? { slicing: slicingOf(slice, [], setting) } : {}),
  }
}

function sliceSchema(slice: ElementNode, sliced: ElementNode, { structures, walk }: Setting): Schema {
  const type = slice.element.type?.[0]
  const property: Property = { name: slice.name, type, primitive: false, sibling: false }
  const place: Place = {
    node: slice,
    element: slice.element,
    inherited: sliced.element,
    array: true,
    properties: [property],
    structures,
  }
  const base = sliced.children.size > 0 ? sliced : type ? structures.tree(type.code) : undefined
  const children = base && slice.children.size > 0 ? walk(slice, base, structures) : undefined
  return mergeAll([...VALUE_FACETS.map((facet) => facet(place, property)), children])
}

function matchesOf(discriminator: Discriminator, slice: ElementNode, structures: Structures): readonly Match[] {
  const { path, type } = discriminator
  if (type === 'value' && isExtension(slice) && path === 'url') {
    const url = urlOf(slice)
    if (url) return [{ path, fixed: url }]
  }
  const node = follow(slice, path, structures)
  if (!node) return []
  if (type === 'exists') return [{ path, exists: minOf(node.element) > 0 }]
  if (type === 'type')
    return [{ path, types: (node.element.type ?? []).map((one) => targetOr(one, path, structures)).flat() }]
  if (type === 'profile')
    return [{ path, profiles: (node.element.type ?? []).flatMap((one) => one.targetProfile ?? one.profile ?? []) }]
  return valueMatches(node, path)
}

/** Values that the slice fixes at the path or below it. */
function valueMatches(node: ElementNode, path: string): readonly Match[] {
  const { element } = node
  const fixed = valueOf(element, 'fixed')
  if (fixed !== undefined) return [{ path, fixed }]
  const pattern = valueOf(element, 'pattern')
  if (pattern !== undefined) return [{ path, pattern }]
  const below = [...node.children.values()].flatMap((child) =>
    valueMatches(child, path === '$this' ? child.name : `${path}.${child.name}`),
  )
  if (below.length > 0) return below
  const bound = element.binding
  return bound?.valueSet && bound.strength === 'required' ? [{ path, valueSet: bound.valueSet }] : []
}

// `resolve()` asks for the type that the reference points at.
function targetOr(
  type: { code: string; targetProfile?: readonly string[] },
  path: string,
  structures: Structures,
): string[] {
  if (!path.endsWith('resolve()')) return [type.code]
  return (type.targetProfile ?? []).flatMap((url) => structures.find(url)?.type ?? [])
}

/** The element that a discriminator path leads to inside a slice. */
function follow(slice: ElementNode, path: string, structures: Structures): ElementNode | undefined {
  let node: ElementNode | undefined = slice
  for (const step of path.split(/\.(?![^(]*\))/)) {
    if (!node || step === '$this' || step === 'resolve()' || step.startsWith('ofType(')) continue
    const extension = /^extension\(['"](.+)['"]\)$/.exec(step)?.[1]
    node = extension ? extensionSlice(node, extension, structures) : childOf(node, step, structures)
  }
  return node
}

function childOf(node: ElementNode, name: string, structures: Structures): ElementNode | undefined {
  const open = node.children.size > 0 ? node : copyNode(node)
  if (open.children.size === 0) unfold(open, open, structures)
  return open.children.get(name) ?? open.children.get(`${name}[x]`)
}

function extensionSlice(node: ElementNode, url: string, structures: Structures): ElementNode | undefined {
  const slices = childOf(node, 'extension', structures)?.slices.values() ?? []
  return [...slices].find((slice) => urlOf(slice) === url)
}

const isExtension = (node: ElementNode): boolean => node.element.type?.[0]?.code === 'Extension'

function urlOf(slice: ElementNode): string | undefined {
  const url = slice.children.get('url')
  const fixed = url && valueOf(url.element, 'fixed')
  return typeof fixed === 'string' ? fixed : slice.element.type?.[0]?.profile?.[0]
}
