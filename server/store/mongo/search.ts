/**
 * Search: the rows that one condition selects by its index keys are read, and each is tested by the whole filter
 * (search/match.ts), so that every store finds the same.
 */
import type { Filter as MongoFilter } from 'mongodb'
import { keyText } from '../../fhir/types.ts'
import { directedOrder, match, pageOf, positionOf, sortValues, visible, type SortPosition } from '../../search/match.ts'
import type { Query } from '../../search/query.ts'
import { QueryTooLong, SequenceUnavailable } from '../errors.ts'
import { fitting } from '../page-bytes.ts'
import type { Found, FoundVersion } from '../store.ts'
import { driver } from './driver.ts'
import { currentRows, mayKnow, textsOf, versionOf } from './read.ts'
import { entriesIn, type Collections, type Row } from './schema.ts'

/** Rows that are read at once. */
const BATCH = 500

export type ReadOptions = {
  /** The last sequence that is projected. */
  readonly last: number
  /** ms */
  readonly timeLimit?: number
  readonly signal?: AbortSignal | undefined
}

/**
 * @throws SequenceUnavailable; QueryTooLong; the reason of the signal
 */
export async function find(
  query: Query,
  collections: Collections,
  { last, timeLimit, signal }: ReadOptions,
): Promise<Found> {
  const { sort = [], limit, bytes, total, after, asOf = last } = query
  if (asOf < 0 || asOf > last) throw new SequenceUnavailable(asOf, { first: 0, last })
  const directed = directedOrder(query)
  // Rows come in the order of creation: without a sort the first ones are the page.
  const isInOrder = sort.length === 0 && !total
  const hits: Hit[] = []
  const rows = batches({ ...query, asOf }, isInOrder, collections, untilTooLong(timeLimit, signal))
  for await (const hit of matches(rows, query, collections)) {
    hits.push(hit)
    if (isInOrder && hits.length > limit) break
  }
  hits.sort(directed)
  const rest = after ? hits.filter((hit) => directed(hit, positionOf(after)) > 0) : hits
  const sizes = rest.slice(0, limit).map(({ row }) => row.size)
  const fits = bytes === undefined ? limit : Math.min(limit, fitting(sizes, bytes))
  const { shown, ...links } = pageOf({ ...query, limit: fits }, rest)
  return {
    versions: await versionsOf(shown, query, collections),
    ...links,
    ...(links.next || links.previous ? { sequence: asOf } : {}),
    ...(total ? { total: hits.length } : {}),
  }
}

type Hit = SortPosition & { readonly row: Row }

/** A check between batches: a search may read many rows and find none. */
function untilTooLong(timeLimit = Infinity, signal: AbortSignal | undefined): () => void {
  const end = performance.now() + timeLimit
  return () => {
    signal?.throwIfAborted()
    if (performance.now() > end) throw new QueryTooLong(`The query takes longer than ${timeLimit} ms.`)
  }
}

/** The rows that match and that the viewer may know of. As of a sequence, who may know of them is in their current rows. */
async function* matches(
  rows: AsyncIterable<readonly Row[]>,
  { where, viewer, sort = [], deleted = false, asOf }: Query,
  collections: Collections,
): AsyncGenerator<Hit> {
  for await (const batch of rows) {
    const heads = asOf !== undefined ? await currentRows(batch, collections) : undefined
    for (const row of batch) {
      const head = heads?.get(keyText(row)) ?? row
      if (row.method === 'DELETE' && !deleted) continue
      if (!visible(head.audience, viewer) || !mayKnow(row, head, viewer)) continue
      const record = { type: row.type, id: row.id, at: row.at, entries: entriesIn(row.entries) }
      if (match(where, record)) yield { row, values: sortValues(sort, record), creation: row.creation }
    }
  }
}

/** The rows as of a sequence that MongoDB selects. `isPage`: from `after` on, with their texts. */
async function* batches(
  query: Query & { readonly asOf: number },
  isPage: boolean,
  { rows }: Collections,
  check: () => void,
): AsyncGenerator<readonly Row[]> {
  const { type, where, asOf, backward, limit, after } = query
  const direction = backward && isPage ? -1 : 1
  const selected = { ...ofTypes(type), from: { $lte: asOf }, to: { $gt: asOf }, ...driver(where).filter }
  const projection = isPage ? { keys: 0 } : { keys: 0, text: 0 }
  let size = isPage ? Math.min(limit + 1, BATCH) : BATCH
  let from = isPage && after ? positionOf(after).creation : undefined
  for (;;) {
    check()
    const creation = from === undefined ? {} : { creation: direction < 0 ? { $lt: from } : { $gt: from } }
    const found = rows
      .find({ ...selected, ...creation } as MongoFilter<Row>, { projection })
      .sort({ creation: direction })
      .limit(size)
    const batch = await found.toArray()
    yield batch
    if (batch.length < size) return
    from = batch.at(-1)!.creation
    // Few of the first ones match, or may be known: the rest is read in few calls.
    size = Math.min(size * 4, BATCH)
  }
}

export const ofTypes = (type: Query['type']): MongoFilter<Row> =>
  type === '*' ? {} : { type: typeof type === 'string' ? type : { $in: [...type] } }

async function versionsOf(
  hits: readonly Hit[],
  { withEntries }: Query,
  collections: Collections,
): Promise<readonly FoundVersion[]> {
  const texts = await textsOf(
    hits.map(({ row }) => row),
    collections,
  )
  return hits.map(({ row, creation }) => {
    const version = versionOf(row, texts)
    if (withEntries === undefined) return version
    const entries = entriesIn(row.entries)
    const shown = withEntries === true ? entries : entries.filter(({ param }) => withEntries.includes(param))
    return { ...version, entries: shown, creation }
  })
}
