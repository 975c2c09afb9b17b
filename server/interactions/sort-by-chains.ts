/**
 * `_sort` by chains: a page of matches in the order of records that they refer to. Every match is read as the caller, up to a
 * limit, and so are the records on the way: one that the caller may not know of counts as missing, so that the order tells
 * nothing of it. All is read as of one sequence, which the pages hold together by as any others do (docs/decisions/0077).
 * https://hl7.org/fhir/R4/search.html#sort
 */
import { refuse } from '../fhir/outcome.ts'
import type { Key } from '../fhir/types.ts'
import type { View } from '../records/view.ts'
import { canonicalOf, canonicalsIn, namedBy, URL_PARAMETER } from '../search/canonical.ts'
import type { SearchLimits } from '../search/limits.ts'
import { compare, sortValues, type SortPosition } from '../search/match.ts'
import type { Filter, IndexEntry, Query } from '../search/query.ts'
import type { SearchSort, SortPath, SortTarget } from '../search/sort.ts'
import type { Found, FoundVersion } from '../store/store.ts'
import { pageInMemory, readHits } from './page-in-memory.ts'
import type { ResolvedStep } from './resolve-chains.ts'

/** The search, with its chains resolved and without its sorts. */
type SortedSearch = {
  readonly query: Query
  readonly sorts: readonly SearchSort[]
  readonly limits: SearchLimits
  /** Reads the matches and the records on the way: an insight. */
  readonly insight: View
  /** Answers the page. */
  readonly view: View
  /** Takes what was found on the way. */
  readonly steps: ResolvedStep[]
}

type Reading = Pick<SortedSearch, 'limits' | 'insight' | 'steps'> & { readonly asOf: number }

/** @throws OutcomeError `too-costly` where more records than the limit match, or are on the way of one chain */
export async function findByChains(search: SortedSearch): Promise<Found> {
  const { query, sorts, view, insight } = search
  const reading: Reading = { ...search, asOf: query.asOf ?? insight.since }
  const matches = await matchesOf(query, sorts, reading)
  const values: (readonly SortValue[])[] = []
  for (const sort of sorts) values.push(await valuesOf(pathOf(sort), sort, matches, reading))
  const hits = matches.map((match, index) => ({ ...match, values: values.map((column) => column[index] ?? null) }))
  const { asOf } = reading
  const { withEntries } = query
  return pageInMemory(hits, { query, sort: sorts, asOf }, (shown) =>
    readHits(shown, { asOf, withEntries }, view, (version) => [version]),
  )
}

/** How the matches are read, for an explanation. */
export const wholeQuery = ({ type, where, viewer, asOf, total }: Query, limits: SearchLimits): Query => ({
  type,
  where,
  viewer,
  limit: limits.onTheWay,
  ...(asOf === undefined ? {} : { asOf }),
  ...(total ? { total } : {}),
})

type SortValue = SortPosition['values'][number]

/** What is kept of a record that is read: all but its text. */
type Node = Key & Pick<FoundVersion, 'at' | 'entries'>
type Match = Node & { readonly creation: number; readonly size: number }

async function matchesOf(query: Query, sorts: readonly SearchSort[], { limits, insight, asOf }: Reading) {
  const matches: Match[] = []
  const { type, where } = query
  const withEntries = sorts.flatMap((sort) => entriesOf(pathOf(sort)))
  for await (const version of insight.all({ type, where, asOf, withEntries })) {
    if (matches.length === limits.onTheWay) throw tooManyMatches(sorts, limits)
    const { creation = 0, text } = version
    matches.push({ ...nodeOf(version), creation, size: Buffer.byteLength(text) })
  }
  return matches
}

const nodeOf = ({ type, id, at, entries = [] }: FoundVersion): Node => ({ type, id, at, entries })

const pathOf = (sort: SearchSort): SortPath => sort.path ?? { kind: 'own', sort }

/** The parameters by whose entries a record is sorted, or leads on. */
const entriesOf = (path: SortPath): string => (path.kind === 'chain' ? path.param : path.sort.param)

/** By what each of these records is sorted: the least value that its chain leads to, or the greatest where it descends. */
async function valuesOf(
  path: SortPath,
  sort: SearchSort,
  nodes: readonly Node[],
  reading: Reading,
): Promise<readonly SortValue[]> {
  if (path.kind === 'own')
    return nodes.map(({ id, at, entries = [] }) => sortValues([path.sort], { id, at, entries })[0] ?? null)
  const best = nodes.map((): SortValue => null)
  for (const target of path.targets) {
    const reached = await follow(path.param, target, nodes, reading)
    const values = await valuesOf(target.rest, sort, reached, reading)
    reading.steps.push({ types: [target.type], param: path.param, records: reached.length })
    const valuesByName = namedValues(reached, values, target)
    for (const [index, node] of nodes.entries())
      for (const name of namesIn(node, path.param, target))
        for (const value of valuesByName.get(name) ?? []) best[index] = better(best[index]!, value, sort.descending)
  }
  return best
}

function better(one: SortValue, other: SortValue, descending: boolean): SortValue {
  if (one === null || other === null) return one ?? other
  return compare(other, one) < 0 !== descending ? other : one
}

/** What of a record names those of the target: ids, and urls where they are canonicals. */
const namesIn = ({ entries = [] }: Node, param: string, { type, isCanonical }: SortTarget): readonly string[] => [
  ...idsIn(entries, param, type),
  ...(isCanonical ? canonicalsIn(entries, param) : []),
]

const idsIn = (entries: readonly IndexEntry[], param: string, type: string): readonly string[] =>
  entries.flatMap((one) => (one.kind === 'reference' && one.param === param && one.type === type ? one.id : []))

/** The values of records by each name that refers to them. */
function namedValues(nodes: readonly Node[], values: readonly SortValue[], { isCanonical }: SortTarget) {
  const byName = new Map<string, SortValue[]>()
  for (const [index, { id, entries }] of nodes.entries()) {
    const canonical = isCanonical ? canonicalOf(entries) : undefined
    const { url, version } = canonical ?? {}
    const names = [id, ...(url === undefined ? [] : [url]), ...(version === undefined ? [] : [`${url}|${version}`])]
    for (const name of names) byName.set(name, [...(byName.get(name) ?? []), values[index] ?? null])
  }
  return byName
}

/** Records that are read by one query, and canonicals, each of which is a condition of its own. */
const PIECE = 1_000
const CANONICALS = 150

/** The records of the target that these refer to, each once, as far as the caller may know of them. */
async function follow(
  param: string,
  target: SortTarget,
  from: readonly Node[],
  { insight, limits, asOf }: Reading,
): Promise<readonly Node[]> {
  const { type, isCanonical, rest } = target
  const ids = new Set(from.flatMap(({ entries = [] }) => idsIn(entries, param, type)))
  const canonicals = isCanonical ? new Set(from.flatMap(({ entries = [] }) => canonicalsIn(entries, param))) : []
  const withEntries = [entriesOf(rest), ...(isCanonical ? [URL_PARAMETER] : [])]
  const found = new Map<string, Node>()
  for (const where of [...pieces(ids, PIECE).map(byId), ...pieces(canonicals, CANONICALS).map(namedBy)])
    for await (const version of insight.all({ type, where, asOf, withEntries })) {
      found.set(version.id, nodeOf(version))
      if (found.size > limits.onTheWay) throw tooManyOnTheWay(param, target, limits)
    }
  return [...found.values()]
}

const byId = (ids: readonly string[]): Filter => ({ op: 'id', ids })

function pieces(all: Iterable<string>, size: number): readonly (readonly string[])[] {
  const list = [...all]
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  )
}

const tooManyMatches = (sorts: readonly SearchSort[], { onTheWay }: SearchLimits) => {
  const chains = sorts.flatMap(({ path, param }) => (path === undefined ? [] : `\`${param}\``)).join(', ')
  return refuse(
    'too-costly',
    `Too many matches to sort by ${chains}: more than ${onTheWay} records meet the search, and all are read to sort by a chain. Add a parameter that fewer records meet, or sort by parameters of the records themselves.`,
  )
}

const tooManyOnTheWay = (param: string, { type }: SortTarget, { onTheWay }: SearchLimits) =>
  refuse(
    'too-costly',
    `Too many records on the way: the sort leads over \`${param}\` to more than ${onTheWay} records of \`${type}\`. Add a parameter that fewer records meet, or sort by parameters of the records themselves.`,
  )
