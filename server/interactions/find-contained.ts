/**
 * Searches for contained resources: the records that contain one of the searched type are read as the caller, up to a limit,
 * and what they contain is matched in memory. Who may know of a contained resource is who may know of its container.
 * https://hl7.org/fhir/R4/search.html#contained
 */
import { setImmediate } from 'node:timers/promises'
import type { Definitions } from '../definitions/definitions.ts'
import { serialize } from '../fhir/json.ts'
import { refuse } from '../fhir/outcome.ts'
import type { Key } from '../fhir/types.ts'
import { resourceOf } from '../records/resource.ts'
import type { View } from '../records/view.ts'
import { CONTAINED, CONTAINED_ORDER, containedIn, containsAny, type ContainedSearch } from '../search/contained.ts'
import { ofKeys } from '../search/keys.ts'
import type { SearchLimits } from '../search/limits.ts'
import { match, type SortPosition } from '../search/match.ts'
import type { Filter, Query } from '../search/query.ts'
import type { Found, FoundVersion, Version } from '../store/store.ts'
import type { RecordIndex } from '../write/record-index.ts'
import { pageInMemory, readHits } from './page-in-memory.ts'
import type { ResolvedStep } from './resolve-chains.ts'

type Reading = {
  readonly query: Query
  readonly contained: ContainedSearch
  readonly definitions: Pick<Definitions, 'capabilities'>
  readonly index: Pick<RecordIndex, 'extract'>
  readonly limits: SearchLimits
  /** Reads the containers: an insight. */
  readonly insight: View
  /** Takes what was found on the way. */
  readonly steps: ResolvedStep[]
}

/** A version that is answered; with `container` a contained resource of it. */
export type FoundContained = Version & { readonly container?: Key }

/** The query whose matches are the containers, and, where both are searched for, the records that match themselves. */
export async function containersQuery(reading: Reading): Promise<Query> {
  const { query, contained } = reading
  const keys: Key[] = []
  for await (const { type, id } of containersOf(reading)) keys.push({ type, id })
  const { type, where } = ofKeys(keys)
  const none: Filter = { op: 'or', of: [] }
  if (contained.found === 'true') return keys.length > 0 ? { ...query, type, where } : { ...query, where: none }
  if (keys.length === 0) return query
  const [own, others] = [typesOf(query), [type].flat()]
  const ofTypes = (types: readonly string[], one: Filter): Filter => ({ op: 'and', of: [{ op: 'type', types }, one] })
  return {
    ...query,
    type: [...new Set([...own, ...others])],
    where: { op: 'or', of: [ofTypes(own, query.where), ofTypes(others, where)] },
  }
}

/** A page of contained resources alone, in the order of creation of their containers. `view` answers it. */
export async function findContained(reading: Reading, view: View): Promise<Found> {
  const { query, contained, insight } = reading
  const asOf = query.asOf ?? insight.since
  const pinned = { ...reading, query: { ...query, asOf } }
  const hits: Hit[] = []
  for await (const { matching, ...container } of containersOf(pinned))
    for (const index of matching) hits.push(hitOf(container, index))
  if (contained.found === 'both')
    for await (const version of insight.all({ type: query.type, where: query.where, asOf, withEntries: [] })) {
      hits.push(hitOf(version, RECORD))
      if (hits.length > reading.limits.onTheWay) throw tooMany(reading, 'records and contained resources match')
    }
  return pageInMemory(hits, { query, sort: CONTAINED_ORDER, asOf }, (shown) =>
    readHits(shown, { asOf }, view, (version, { creation }) =>
      creation === RECORD ? [version] : containedAt(version, creation),
    ),
  )
}

/** How the containers are found, for an explanation. */
export const candidates = ({ query, definitions, limits }: Reading): Query => ({
  type: definitions.capabilities
    .filter(({ interactions }) => interactions.includes('search-type'))
    .map(({ type }) => type),
  where: containsAny(typesOf(query)),
  viewer: query.viewer,
  limit: limits.onTheWay,
  ...(query.asOf === undefined ? {} : { asOf: query.asOf }),
})

const typesOf = ({ type }: Query): readonly string[] => [type].flat()

/** A record with the places, in its list of contained resources, of those that match. */
type Container = FoundVersion & { readonly matching: readonly number[] }

/** So many records are looked into before others have a turn. */
const TURN = 50

async function* containersOf(reading: Reading): AsyncGenerator<Container> {
  const { query, index, insight, limits, steps } = reading
  const types = typesOf(query)
  let read = 0
  const { viewer: _, limit: __, ...searched } = candidates(reading)
  for await (const version of insight.all({ ...searched, withEntries: [] })) {
    read += 1
    if (read > limits.onTheWay) throw tooMany(reading, `records contain a resource of ${quotedTypes(types)}`)
    if (read % TURN === 0) await setImmediate()
    const matching = containedIn(resourceOf(version)).flatMap((one, place) => {
      if (!types.includes(one.resourceType)) return []
      const { resourceType: type, id = '' } = one
      return match(query.where, { type, id, at: version.at, entries: index.extract(one) }) ? [place] : []
    })
    if (matching.length > 0) yield { ...version, matching }
  }
  steps.push({ types, param: CONTAINED, records: read })
}

/** A contained resource, or (RECORD) the record itself. The place of the container is a text, so that its length tells nothing. */
type Hit = Key & SortPosition & { readonly size: number }

/** The place of a record that matches itself, behind what it contains. */
const RECORD = 1_000_000

const hitOf = ({ type, id, creation = 0, text }: FoundVersion, index: number): Hit => ({
  type,
  id,
  values: [String(creation).padStart(16, '0')],
  creation: index,
  size: Buffer.byteLength(text),
})

function containedAt(version: Version, place: number): readonly FoundContained[] {
  const one = containedIn(resourceOf(version))[place]
  if (!one) return []
  const { resourceType: type, id = '' } = one
  return [{ ...version, type, id, text: serialize(one), container: { type: version.type, id: version.id } }]
}

const quotedTypes = (types: readonly string[]): string => types.map((type) => `\`${type}\``).join(', ')

const tooMany = ({ limits: { onTheWay } }: Reading, what: string) =>
  refuse(
    'too-costly',
    `Too many candidates: more than ${onTheWay} ${what}, and each is read to search it. Search for the records that contain them instead, by parameters of their own.`,
  )
