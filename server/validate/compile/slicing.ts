/**
 * Compiles slicing: the conditions of each slice, its cardinality, and its schema.
 * https://hl7.org/fhir/R4/profiling.html#slicing
 */
import { valueOf, type Discriminator, type ElementNode } from '../../definitions/structures/element.ts'
import { unfold } from '../../definitions/structures/differential.ts'
import { copyNode } from '../../definitions/structures/element.ts'
import type { Structures } from '../../definitions/structures/structure-definition.ts'
import { VALUE_FACETS } from '../facets/index.ts'
import { maxOf, minOf, type ElementContext, type JsonProperty } from './element-context.ts'
import {
  isEmpty,
  mergeAll,
  type DiscriminatorMatch,
  type Schema,
  type CompiledSlice,
  type CompiledSlicing,
} from './schema.ts'

/** Extensions are always sliced by url. */
const URL_DISCRIMINATOR: readonly Discriminator[] = [{ type: 'value', path: 'url' }]

/** Compiles the children of a slice to a schema of what they add to `base`. */
export type CompileChildren = (node: ElementNode, base: ElementNode, structures: Structures) => Schema

type SlicingContext = { readonly structures: Structures; readonly compileChildren: CompileChildren }

/** The slices of a list, if a profile defines any. */
export function slicing(
  element: ElementContext,
  inherited: ElementNode | undefined,
  compileChildren: CompileChildren,
): { fhirSlices: CompiledSlicing } | undefined {
  const { node, structures } = element
  if (!inherited || node.slices.size === 0) return undefined
  const byUrl = isExtension(node) ? URL_DISCRIMINATOR : []
  return { fhirSlices: compileSlicing(node, byUrl, { structures, compileChildren: compileChildren }) }
}

/** Compiles the slices of an element, or the reslices of a slice. */
function compileSlicing(
  node: ElementNode,
  defaultDiscriminators: readonly Discriminator[],
  context: SlicingContext,
): CompiledSlicing {
  const { discriminator = defaultDiscriminators, rules = 'open', ordered = false } = node.element.slicing ?? {}
  const slices = [...node.slices].map(([name, slice]) => compileSlice(name, slice, node, { ...context, discriminator }))
  return { rules, ordered, slices }
}

/** The name of the default slice: for items that belong to no other slice. https://hl7.org/fhir/R4/profiling.html#default-slice */
const DEFAULT_SLICE = '@default'

type SliceContext = SlicingContext & { readonly discriminator: readonly Discriminator[] }

function compileSlice(
  name: string,
  slice: ElementNode,
  sliced: ElementNode,
  { discriminator, ...setting }: SliceContext,
): CompiledSlice {
  const schema = sliceSchema(slice, sliced, setting)
  const max = maxOf(slice.element)
  const matches = discriminator.map((one) => discriminatorMatches(one, slice, setting.structures))
  const isMatchable = matches.length > 0 && matches.every((one) => one.length > 0)
  return {
    name,
    min: minOf(slice.element),
    max: max === Infinity ? '*' : max,
    ...(name === DEFAULT_SLICE ? { isDefault: true } : isMatchable ? { match: matches.flat() } : {}),
    ...(isEmpty(schema) ? {} : { schema }),
    ...(slice.slices.size > 0 ? { slicing: compileSlicing(slice, [], setting) } : {}),
  }
}

function sliceSchema(
  slice: ElementNode,
  sliced: ElementNode,
  { structures, compileChildren: compileChildren }: SlicingContext,
): Schema {
  const type = slice.element.type?.[0]
  const property: JsonProperty = { name: slice.name, type, primitive: false, sibling: false }
  const element: ElementContext = {
    node: slice,
    element: slice.element,
    inherited: sliced.element,
    array: true,
    properties: [property],
    structures,
  }
  const base = sliced.children.size > 0 ? sliced : type ? structures.tree(type.code) : undefined
  const children = base && slice.children.size > 0 ? compileChildren(slice, base, structures) : undefined
  return mergeAll([...VALUE_FACETS.map((facet) => facet(element, property)), children])
}

function discriminatorMatches(
  discriminator: Discriminator,
  slice: ElementNode,
  structures: Structures,
): readonly DiscriminatorMatch[] {
  const { path, type } = discriminator
  if (type === 'value' && isExtension(slice) && path === 'url') {
    const url = urlOf(slice)
    if (url) return [{ path, fixed: url }]
  }
  const node = elementAtPath(slice, path, structures)
  if (!node) return []
  if (type === 'exists') return [{ path, exists: minOf(node.element) > 0 }]
  if (type === 'type')
    return [{ path, types: (node.element.type ?? []).map((one) => discriminatedTypes(one, path, structures)).flat() }]
  if (type === 'profile')
    return [{ path, profiles: (node.element.type ?? []).flatMap((one) => one.targetProfile ?? one.profile ?? []) }]
  return valueMatches(node, path)
}

/** The fixed values, patterns or required bindings of the slice at the path or below it. */
function valueMatches(node: ElementNode, path: string): readonly DiscriminatorMatch[] {
  const { element } = node
  const fixed = valueOf(element, 'fixed')
  if (fixed !== undefined) return [{ path, fixed }]
  const pattern = valueOf(element, 'pattern')
  if (pattern !== undefined) return [{ path, pattern }]
  const below = [...node.children.values()].flatMap((child) =>
    valueMatches(child, path === '$this' ? child.name : `${path}.${child.name}`),
  )
  if (below.length > 0) return below
  const binding = element.binding
  return binding?.valueSet && binding.strength === 'required' ? [{ path, valueSet: binding.valueSet }] : []
}

// With `resolve()` the type is that of the target of the reference.
function discriminatedTypes(
  type: { code: string; targetProfile?: readonly string[] },
  path: string,
  structures: Structures,
): string[] {
  if (!path.endsWith('resolve()')) return [type.code]
  return (type.targetProfile ?? []).flatMap((url) => structures.find(url)?.type ?? [])
}

/** The element at a discriminator path inside a slice. */
function elementAtPath(slice: ElementNode, path: string, structures: Structures): ElementNode | undefined {
  let node: ElementNode | undefined = slice
  for (const step of path.split(/\.(?![^(]*\))/)) {
    if (!node || step === '$this' || step === 'resolve()' || step.startsWith('ofType(')) continue
    const extension = /^extension\(['"](.+)['"]\)$/.exec(step)?.[1]
    node = extension ? extensionSlice(node, extension, structures) : childOf(node, step, structures)
  }
  return node
}

function childOf(node: ElementNode, name: string, structures: Structures): ElementNode | undefined {
  const unfolded = node.children.size > 0 ? node : copyNode(node)
  if (unfolded.children.size === 0) unfold(unfolded, unfolded, structures)
  return unfolded.children.get(name) ?? unfolded.children.get(`${name}[x]`)
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
