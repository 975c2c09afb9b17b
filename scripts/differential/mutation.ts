/** A mutator changes one thing of a resource, so that it is wrong or only different, and describes the change as a JSON Patch. */
import type { ElementNode } from '../../server/definitions/structures/element.ts'
import type { Structures } from '../../server/definitions/structures/structure-definition.ts'
import type { Terminology } from '../../server/terminology/terminology.ts'
import type { Random } from '../random.ts'

export type Resource = Readonly<Record<string, unknown>> & { readonly resourceType: string }

/** An operation of JSON Patch. https://www.rfc-editor.org/rfc/rfc6902 */
export type Edit =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string }

/** One value of a resource, with its definitions. */
export type Site = {
  /** JSON pointer: `/name/0/family`. */
  readonly at: string
  readonly key: string
  /** JSON pointer of the object or list that contains it. */
  readonly holder: string
  readonly value: unknown
  /** A list of an element's values; its items are sites of their own. */
  readonly isList: boolean
  readonly isItem: boolean
  /** The definition of R4 and that of the profile, the type of the value, and the definition's path. */
  readonly node?: ElementNode
  readonly profiled?: ElementNode
  /** The elements of the profile and of its slices at this location; some may not apply to this value. */
  readonly profileNodes: readonly ElementNode[]
  readonly type?: string
  readonly path?: string
}

export type Ground = {
  readonly resource: Resource
  readonly sites: readonly Site[]
  readonly random: Random
  readonly structures: Structures
  readonly terminology: Terminology
  readonly resourceTypes: readonly string[]
}

export type Mutator = {
  readonly name: string
  /** The edits at a site; undefined or none if it has nothing to change there. */
  edit(site: Site, ground: Ground): readonly Edit[] | undefined
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isPrimitive = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value)

/** A key as a part of a JSON pointer. */
export const token = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

export const replace = (site: Site, value: unknown): readonly Edit[] => [{ op: 'replace', path: site.at, value }]

export const add = (path: string, value: unknown): readonly Edit[] => [{ op: 'add', path, value }]

/** Is it a named element of an object: no item of a list, not the resource itself, not its type? */
export const isElement = (site: Site): boolean => site.at !== '' && !site.isItem && site.key !== 'resourceType'
