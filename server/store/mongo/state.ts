/** The records as a commit finds them: those of the last sequence, with what earlier commits of the same group change. */
import { keyText, type Key } from '../../fhir/types.ts'
import { match, order, sortValues, visible } from '../../search/match.ts'
import type { Query } from '../../search/query.ts'
import { keyOf } from '../check-work.ts'
import type { EventPurge, Work } from '../store.ts'
import { find } from './search.ts'
import { entriesIn, OPEN, rowId, type Collections, type LoggedVersion, type Row } from './schema.ts'

/** The last version of a record, with the audience and entries that it has now. */
export type Head = Pick<
  Row,
  'type' | 'id' | 'version' | 'made' | 'at' | 'method' | 'author' | 'owner' | 'creation' | 'written'
> & {
  readonly audience: Row['audience']
  readonly firsts: string
  readonly entries: string
  /** The rows of the version; the last one is current. */
  readonly rows: readonly string[]
}

/** Of a stream: its last number, and the events that are in it by what they are about. */
export type Stream = { last: number; readonly about: Set<string> }

export type CommitState = {
  readonly heads: Map<string, Head>
  /** Records of this group, whose heads are newer than those that a query finds. */
  readonly changed: Set<string>
  readonly cursors: Map<string, number>
  readonly streams: Map<string, Stream>
  /** The first record that matches, of those that are. */
  firstMatch(query: Query): Promise<{ readonly version: number } | undefined>
}

/** Reads what the commits of a group need, all at once. */
export async function readState(works: readonly Work[], collections: Collections, last: number): Promise<CommitState> {
  const [heads, cursors, streams] = await Promise.all([
    readHeads(works.flatMap(keysOf), collections),
    readCursors(
      works.flatMap(({ cursors = [] }) => cursors.map(({ name }) => name)),
      collections,
    ),
    readStreams(works, collections),
  ])
  const changed = new Set<string>()
  return {
    heads,
    changed,
    cursors,
    streams,
    async firstMatch(query) {
      const own = [...changed].map((key) => heads.get(key)!).filter((head) => isIn(head, query))
      const matching = own.map(indexedRecord).filter((record) => match(query.where, record))
      // As many more as this group changed: those may match no longer.
      const limit = changed.size + 1
      const found = await find({ ...query, limit, total: false, asOf: last, withEntries: true }, collections, { last })
      const other = found.versions.find((version) => !changed.has(keyText(version)))
      const all = other ? [...matching, { creation: 0, entries: [], ...other }] : matching
      const { sort = [] } = query
      const compare = order(sort)
      const hits = all.map((record) => ({ ...record, values: sortValues(sort, record) }))
      return hits.sort(compare)[0]
    },
  }
}

const indexedRecord = ({ type, id, at, entries, version, creation }: Head) => ({
  ...{ type, id, at, version, creation },
  entries: entriesIn(entries),
})

const isIn = ({ type, method, audience }: Head, { type: types, viewer, deleted }: Query): boolean =>
  (types === '*' || [types].flat().includes(type)) &&
  (method !== 'DELETE' || deleted === true) &&
  visible(audience, viewer)

const keysOf = ({ writes = [], guards = [] }: Work): readonly Key[] => [
  ...writes.map(keyOf),
  ...guards.flatMap((guard) => ('key' in guard ? [guard.key] : [])),
]

async function readHeads(keys: readonly Key[], { rows }: Collections): Promise<Map<string, Head>> {
  if (keys.length === 0) return new Map()
  const types = [...new Set(keys.map(({ type }) => type))]
  const $or = types.map((type) => ({ type, id: { $in: keys.flatMap((key) => (key.type === type ? [key.id] : [])) } }))
  const found = await rows.find({ to: OPEN, $or }, { projection: { text: 0, keys: 0 } }).toArray()
  return new Map(found.map((row) => [keyText(row), { ...row, rows: [...row.earlier, row._id] }]))
}

async function readCursors(names: readonly string[], { cursors }: Collections): Promise<Map<string, number>> {
  if (names.length === 0) return new Map()
  const found = await cursors.find({ _id: { $in: [...names] } }).toArray()
  return new Map(found.map(({ _id, value }) => [_id, value]))
}

export const eventText = (event: { readonly sequence: number; readonly type: string; readonly id: string }): string =>
  `${event.sequence} ${event.type}/${event.id}`

async function readStreams(works: readonly Work[], { events }: Collections): Promise<Map<string, Stream>> {
  const added = works.flatMap((work) => work.events ?? [])
  const purged: readonly EventPurge[] = works.flatMap((work) => work.purges ?? [])
  const names = [...new Set([...added, ...purged].map(({ stream }) => stream))]
  const streams = await Promise.all(
    names.map(async (stream): Promise<[string, Stream]> => {
      const sequences = [...new Set(added.flatMap((one) => (one.stream === stream ? [one.sequence] : [])))]
      const [last, existing] = await Promise.all([
        events.find({ stream }).sort({ number: -1 }).limit(1).next(),
        sequences.length === 0 ? [] : events.find({ stream, sequence: { $in: sequences } }).toArray(),
      ])
      return [stream, { last: last?.number ?? 0, about: new Set(existing.map(eventText)) }]
    }),
  )
  return new Map(streams)
}

export const headOf = (
  { index, audience, closes: _, ...version }: LoggedVersion,
  { sequence, at }: { readonly sequence: number; readonly at: number },
): Head => ({
  ...version,
  made: { sequence, index },
  at,
  written: audience,
  audience,
  rows: [rowId(sequence, index)],
})
