/**
 * Resolves what other records decide (search/chain.ts) into plain filters, hop by hop: the records on the way are searched
 * as the caller, so that a record which the caller may not know of leads nowhere, and counts for nothing.
 * https://hl7.org/fhir/R4/search.html#chaining
 */
import { setImmediate } from 'node:timers/promises'
import { refuse } from '../fhir/outcome.ts'
import { parseReference, type Canonical } from '../fhir/reference.ts'
import type { View } from '../records/view.ts'
import { canonicalOf, canonicalsIn, leadsTo, namedBy } from '../search/canonical.ts'
import {
  isFilter,
  type Chain,
  type Condition,
  type Hierarchy,
  type ListMember,
  type ReverseChain,
} from '../search/chain.ts'
import type { SearchLimits } from '../search/limits.ts'
import type { ParsedSearch } from '../search/parse.ts'
import type { Filter, Query } from '../search/query.ts'
import { idsOfHierarchy } from './resolve-hierarchy.ts'

/** So many records are read before others have a turn. */
const TURN = 200

/** `view`: an insight, for nothing of the records on the way is answered. `asOf`: the sequence of the search itself. */
type Resolution = {
  readonly view: View
  readonly limits: SearchLimits
  readonly asOf?: number
  readonly steps: ResolvedStep[]
}

/** What was found on the way: `records` of these types, for the reference `param` (absent: the items of a list). */
export type ResolvedStep = { readonly types: readonly string[]; readonly param?: string; readonly records: number }

/**
 * The query of a search with its chains resolved, for the caller of the view.
 * @param steps takes what was found on the way, in the order of the hops
 * @throws OutcomeError `too-costly` where too many records are on the way
 */
export async function resolveQuery(
  { query, chained, limits }: ParsedSearch,
  view: View,
  steps: ResolvedStep[] = [],
): Promise<Query> {
  if (chained.length === 0) return query
  const resolution = { view, limits, steps, ...(query.asOf === undefined ? {} : { asOf: query.asOf }) }
  const resolved: Filter[] = [query.where]
  for (const one of chained) {
    const filter = await resolve(one, resolution)
    resolved.push(filter)
    // What nothing meets need not be searched for further.
    if (isNothing(filter)) break
  }
  return { ...query, where: { op: 'and', of: resolved } }
}

const NOTHING: Filter = { op: 'or', of: [] }
const isNothing = (filter: Filter): boolean => filter.op === 'or' && filter.of.length === 0

async function resolve(condition: Condition, resolution: Resolution): Promise<Filter> {
  if (isFilter(condition)) return condition
  switch (condition.op) {
    case 'and':
    case 'or': {
      const of: Filter[] = []
      for (const part of condition.of) of.push(await resolve(part, resolution))
      return { op: condition.op, of }
    }
    case 'not':
      return { op: 'not', of: await resolve(condition.of, resolution) }
    case 'has':
      return resolveReverse(condition, resolution)
    case 'chain':
      return resolveChain(condition, resolution)
    case 'list':
      return resolveList(condition, resolution)
    case 'hierarchy':
      return resolveHierarchy(condition, resolution)
    default:
      return condition
  }
}

async function resolveChain({ param, of }: Chain, resolution: Resolution): Promise<Filter> {
  const idsByType = new Map<string, string[]>()
  const definitions: Canonical[] = []
  let found = 0
  for (const { types, where, canonical } of of) {
    const filter = await resolve(where, resolution)
    if (isNothing(filter)) continue
    const withEntries = canonical ? { withEntries: true as const } : {}
    const query = { type: types.length === 1 ? types[0]! : types, where: filter, ...withEntries, ...asOf(resolution) }
    for await (const { type, id, entries } of resolution.view.all(query)) {
      found += 1
      await pause(found, types, resolution)
      const ids = idsByType.get(type) ?? []
      ids.push(id)
      idsByType.set(type, ids)
      const definition = canonical && canonicalOf(entries)
      if (definition) definitions.push(definition)
    }
  }
  resolution.steps.push({ types: of.flatMap(({ types }) => types), param, records: found })
  requireFewDefinitions(new Set(definitions.map(({ url }) => url)).size, param)
  const byId = [...idsByType].map(([type, id]): Filter => ({ op: 'reference', param, type, id }))
  return anyOf(definitions.length > 0 ? [...byId, leadsTo(param, definitions)] : byId)
}

/** Of a search over several types, the id of a record could be that of another type, too: the type is part of the condition. */
async function resolveReverse(chain: ReverseChain, resolution: Resolution): Promise<Filter> {
  const { types, canonical = [], from, param, where } = chain
  const filter = await resolve(where, resolution)
  if (isNothing(filter)) return NOTHING
  const idsByType = new Map(types.map((type) => [type, new Set<string>()]))
  const canonicals = new Set<string>()
  let found = 0
  const query = { type: from, where: filter, withEntries: true as const, ...asOf(resolution) }
  for await (const { entries = [] } of resolution.view.all(query)) {
    found += 1
    await pause(found, [from], resolution)
    for (const entry of entries) {
      if (entry.kind === 'reference' && entry.param === param) idsByType.get(entry.type)?.add(entry.id)
    }
    if (canonical.length > 0) for (const one of canonicalsIn(entries, param)) canonicals.add(one)
  }
  resolution.steps.push({ types: [from], param, records: found })
  const byId = ownIds(idsByType)
  if (canonicals.size === 0) return byId
  requireFewDefinitions(canonicals.size, param)
  const named: Filter = { op: 'and', of: [{ op: 'type', types: canonical }, namedBy(canonicals)] }
  return anyOf([...(isNothing(byId) ? [] : [byId]), types.length === 1 ? namedBy(canonicals) : named])
}

/** Each is a condition of its own; a store unites a few hundred. */
const MAX_DEFINITIONS = 150

function requireFewDefinitions(count: number, param: string): void {
  if (count <= MAX_DEFINITIONS) return
  throw refuse(
    'too-costly',
    `Too many matches on the way: \`${param}\` refers by more than ${MAX_DEFINITIONS} urls. Narrow that part of the chain down, or search by the urls themselves (\`${param}=url\`).`,
  )
}

/** The items of a list that are not marked as deleted from it. One that the caller may not know of has none. */
async function resolveList({ types, id }: ListMember, { view, steps }: Resolution): Promise<Filter> {
  const idsByType = new Map(types.map((type) => [type, new Set<string>()]))
  const list = await view.resource({ type: 'List', id })
  for (const { deleted, item } of (list?.entry ?? []) as readonly ListEntry[]) {
    const target = deleted === true ? undefined : parseReference(item?.reference ?? '')
    if (target?.kind === 'local') idsByType.get(target.type)?.add(target.id)
  }
  steps.push({ types: ['List'], records: list ? 1 : 0 })
  return ownIds(idsByType)
}

async function resolveHierarchy(hierarchy: Hierarchy, resolution: Resolution): Promise<Filter> {
  const { param, type } = hierarchy
  const id = await idsOfHierarchy(hierarchy, resolution)
  resolution.steps.push({ types: [type], param, records: id.length })
  return { op: 'reference', param, type, id }
}

type ListEntry = { readonly deleted?: boolean; readonly item?: { readonly reference?: string } }

function ownIds(idsByType: ReadonlyMap<string, ReadonlySet<string>>): Filter {
  const filters = [...idsByType].flatMap(([type, ids]): readonly Filter[] => {
    if (ids.size === 0) return []
    const own: Filter = { op: 'id', ids: [...ids] }
    return idsByType.size === 1 ? [own] : [{ op: 'and', of: [{ op: 'type', types: [type] }, own] }]
  })
  return anyOf(filters)
}

const anyOf = (of: readonly Filter[]): Filter => (of.length === 1 && of[0] ? of[0] : { op: 'or', of })

const asOf = ({ asOf: sequence }: Resolution) => (sequence === undefined ? {} : { asOf: sequence })

async function pause(found: number, types: readonly string[], { limits }: Resolution): Promise<void> {
  if (found > limits.onTheWay) {
    const names = types.map((type) => `\`${type}\``).join(', ')
    throw refuse(
      'too-costly',
      `Too many matches on the way: more than ${limits.onTheWay} records of ${names} meet a part of the chain. Narrow that part down, or search for those records first and then by their ids.`,
    )
  }
  if (found % TURN === 0) await setImmediate()
}
