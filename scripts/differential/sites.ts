/** Every value of a resource as a site of a change, with its definition as the validator finds it. */
import type { ElementNode } from '../../server/definitions/structures/element.ts'
import type { Structures } from '../../server/definitions/structures/structure-definition.ts'
import { locate } from '../../server/validate/locate.ts'
import { isObject, token, type Resource, type Site } from './mutation.ts'

type SiteContext = { readonly resource: Resource; readonly structures: Structures; readonly profile?: ElementNode }

/** In the order of the document; the resource itself first. */
export function sitesOf(resource: Resource, structures: Structures): readonly Site[] {
  const profile = profileOf(resource, structures)
  const sites: Site[] = []
  visit({ at: '', key: '', holder: '', value: resource, isItem: false }, { resource, structures, profile }, sites)
  return sites
}

function profileOf(resource: Resource, structures: Structures): ElementNode | undefined {
  const claims = isObject(resource.meta) ? resource.meta.profile : undefined
  const [url] = Array.isArray(claims) ? (claims as unknown[]) : []
  const found = typeof url === 'string' ? structures.find(url) : undefined
  return found && found.type === resource.resourceType ? structures.tree(found.url) : undefined
}

type Start = Pick<Site, 'at' | 'key' | 'holder' | 'value' | 'isItem'>

function visit(start: Start, context: SiteContext, sites: Site[]): void {
  const { at, value } = start
  const { path, type } = locate(context.resource, at, context.structures)
  const isList = Array.isArray(value)
  const node = path === undefined ? undefined : nodeAt(context.structures.tree(headOf(path)), path)
  const { profile, structures } = context
  const profiled = profile && nodeAt(profile, at)
  sites.push({
    ...start,
    isList,
    node,
    profiled,
    profileNodes: profile ? profileNodesAt(profile, at, structures) : [],
    type,
    path,
  })
  if (Array.isArray(value)) {
    value.forEach((item, index) => inside(start, { key: String(index), value: item, isItem: true }, context, sites))
  } else if (isObject(value)) {
    for (const [key, one] of Object.entries(value)) {
      // Siblings of primitives have a mutator of their own.
      if (!key.startsWith('_')) inside(start, { key, value: one, isItem: false }, context, sites)
    }
  }
}

type Child = Pick<Site, 'key' | 'value' | 'isItem'>

const inside = (start: Start, child: Child, context: SiteContext, sites: Site[]): void =>
  visit({ ...child, at: `${start.at}/${token(child.key)}`, holder: start.at }, context, sites)

const headOf = (path: string): string => path.split('.')[0] ?? path

/** By the path of a definition (`Patient.name`) or a JSON pointer (`/name/0`); without slices. */
function nodeAt(root: ElementNode, path: string): ElementNode | undefined {
  const names = path.startsWith('/') || path === '' ? path.split('/') : path.split('.')
  return names
    .slice(1)
    .filter((name) => !/^\d+$/.test(name))
    .reduce<ElementNode | undefined>((node, name) => node?.children.get(name) ?? choiceOf(node, name), root)
}

/** Includes slices, and the profiles that a type must conform to. */
function profileNodesAt(root: ElementNode, at: string, structures: Structures): readonly ElementNode[] {
  const names = at.split('/').slice(1)
  return names
    .filter((name) => !/^\d+$/.test(name))
    .reduce<readonly ElementNode[]>(
      (nodes, name) =>
        nodes
          .flatMap((node) => node.children.get(name) ?? choiceOf(node, name) ?? [])
          .flatMap((node) => withSlices(node, structures)),
      [root],
    )
}

function withSlices(node: ElementNode, structures: Structures): readonly ElementNode[] {
  const profiles = (node.element.type ?? [])
    .flatMap(({ profile = [] }) => profile)
    .filter((url) => structures.find(url))
  return [
    node,
    ...profiles.map((url) => structures.tree(url)),
    ...[...node.slices.values()].flatMap((slice) => withSlices(slice, structures)),
  ]
}

const choiceOf = (node: ElementNode | undefined, name: string): ElementNode | undefined =>
  [...(node?.children.values() ?? [])].find((one) => one.name.endsWith('[x]') && name.startsWith(one.name.slice(0, -3)))
