/**
 * `_sort`: the keys of a result's order, each a parameter of the type, or a chain to one of the records that it refers to
 * (`-subject:Patient.birthdate,_id`). https://hl7.org/fhir/R4/search.html#sort
 */
import type { ResourceCapability } from '../definitions/definitions.ts'
import { refuse } from '../fhir/outcome.ts'
import { clip, isChained, readPath, type OfferedTypes, type ParameterPath } from './chain.ts'
import { quoted, suggestion } from './condition.ts'
import type { SearchLimits } from './limits.ts'
import type { Sort } from './query.ts'
import { SEARCH_TYPES, searchTypeOf } from './types/index.ts'
import type { SearchTypeName } from './types/index.ts'

export const MAX_SORTS = 5

/** `path`: of a chain, which leads to the value of the record; its kind says only whether that is a number or a text. */
export type SearchSort = Sort & { readonly path?: SortPath }

/** A chain as it is sorted by: reference after reference, and at its end what sorts the records of one type. */
export type SortPath =
  | { readonly kind: 'own'; readonly sort: Sort }
  | { readonly kind: 'chain'; readonly param: string; readonly targets: readonly SortTarget[] }

/** `isCanonical`: the reference may be the url of such a record. */
export type SortTarget = { readonly type: string; readonly isCanonical: boolean; readonly rest: SortPath }

/** `offered`: absent where the record alone decides, so that a chain does not sort. */
type SortContext = {
  readonly types: readonly string[]
  readonly offered: OfferedTypes | undefined
  readonly limits: SearchLimits
}

/** @throws OutcomeError `invalid-parameter`, `unknown-parameter` or `index-incomplete` that says what would work */
export function readSorts(value: string, capability: ResourceCapability, context: SortContext): readonly SearchSort[] {
  const keys = value.split(',')
  if (keys.length <= MAX_SORTS) return keys.map((key) => readSort(key, capability, context))
  throw refuse(
    'invalid-parameter',
    `\`_sort\` names \`${keys.length}\` parameters; at most \`${MAX_SORTS}\` are allowed.`,
  )
}

function readSort(key: string, capability: ResourceCapability, context: SortContext): SearchSort {
  const descending = key.startsWith('-')
  const param = descending ? key.slice(1) : key
  if (isChained(param)) return chainedSort(param, descending, capability, context)
  return ownSort(key, param, descending, capability)
}

/** The types of parameter whose values have no order of their own, and why. */
const WITHOUT_ORDER: { readonly [type in SearchTypeName]?: string } = {
  composite: 'a composite parameter compares several values at once, which have no order together',
  special:
    'a special parameter is a condition, such as the distance from a point, which gives a record no place in an order',
  text: 'its entries are words, of which a record has many in no order',
}

function ownSort(key: string, param: string, descending: boolean, capability: ResourceCapability): Sort {
  if (param === '_id') return { param, kind: 'id', descending }
  if (param === '_lastUpdated') return { param, kind: 'updated', descending }
  const parameter = capability.searchParameters.find((one) => one.code === param)
  if (parameter && !WITHOUT_ORDER[searchTypeOf(parameter)]) return { param, kind: searchTypeOf(parameter), descending }
  const sortable = capability.searchParameters.filter((one) => !WITHOUT_ORDER[searchTypeOf(one)])
  const names = [...sortable.map((one) => one.code), '_id', '_lastUpdated']
  const why = parameter && WITHOUT_ORDER[searchTypeOf(parameter)]
  const reason = why ? `: ${why}` : ''
  throw refuse(
    'invalid-parameter',
    `\`${capability.type}\` cannot be sorted by \`${clip(key)}\`${reason}.${why ? '' : suggestion(param, names)} It sorts by ${quoted(names)}.`,
  )
}

function chainedSort(
  param: string,
  descending: boolean,
  capability: ResourceCapability,
  { types, offered, limits }: SortContext,
): SearchSort {
  if (!offered)
    throw refuse(
      'invalid-parameter',
      `\`${capability.type}\` cannot be sorted by \`${clip(param)}\`. A chain does not sort where the record alone decides.`,
    )
  const path = sortPath(param, readPath({ capability, types }, param, offered, limits.chain), descending)
  const kinds = [...new Set(keyTypes(path))]
  const [kind, another] = kinds
  if (kind !== undefined && another === undefined) return { param, kind, descending, path }
  throw refuse(
    'invalid-parameter',
    `\`_sort\` by \`${clip(param)}\` leads to numbers or dates in records of one type and to texts in those of another, which have no order together. Name the type, such as \`subject:Patient.birthdate\`.`,
  )
}

function sortPath(param: string, path: ParameterPath, descending: boolean): SortPath {
  if (path.kind === 'has')
    throw refuse(
      'invalid-parameter',
      `\`_sort\` by \`${clip(param)}\`: a reverse chain does not sort, because any number of records may refer to a match. Sort by a parameter of the record, or by a chain such as \`subject.name\`.`,
    )
  if (path.kind === 'chain') {
    const targets = path.targets.map((one) => ({ ...one, rest: sortPath(param, one.rest, descending) }))
    return { kind: 'chain', param: path.param, targets }
  }
  if (path.modifier === undefined)
    return { kind: 'own', sort: ownSort(path.name, path.name, descending, path.capability) }
  throw refuse(
    'invalid-parameter',
    `\`_sort\` by \`${clip(param)}\` ends with the modifier \`${clip(path.modifier)}\`, which has no meaning for an order. Leave it out.`,
  )
}

/** A cursor is checked by this: a chain may lead to no value, also where it ends with `_id` or `_lastUpdated`. */
function keyTypes(path: SortPath): readonly ('number' | 'string')[] {
  if (path.kind === 'chain') return path.targets.flatMap(({ rest }) => keyTypes(rest))
  const { kind } = path.sort
  return [kind === 'updated' ? 'number' : kind === 'id' ? 'string' : SEARCH_TYPES[kind].sortKeyType]
}
