/** The history of one record, of types or of everything: the rows with which versions began, in the order of the log. */
import type { Filter as MongoFilter } from 'mongodb'
import { keyText } from '../../fhir/types.ts'
import { visible } from '../../search/match.ts'
import type { Viewer } from '../../search/query.ts'
import { fitting } from '../page-bytes.ts'
import type { FoundHistory, HistoryPage, HistoryPosition, HistoryScope } from '../store.ts'
import { currentRows, mayKnow, textsOf, versionOf } from './read.ts'
import type { Collections, Row } from './schema.ts'

/** Rows that are read at once. */
const BATCH = 500

export async function history(
  scope: HistoryScope,
  viewer: Viewer,
  page: HistoryPage,
  collections: Collections,
): Promise<FoundHistory> {
  const { limit, total, bytes } = page
  const shown: Row[] = []
  let [count, more] = [0, false]
  for await (const row of visibleRows(scope, viewer, page, collections)) {
    if (isAfter(row, page)) {
      if (shown.length < limit) shown.push(row)
      else more = true
    }
    count += 1
    if (more && !total) break
  }
  const fits = bytes === undefined ? shown.length : fitting(shown.map(({ size }) => size), bytes) // prettier-ignore
  const rows = shown.slice(0, fits)
  const texts = await textsOf(rows, collections)
  return {
    versions: rows.map((row) => ({ ...versionOf(row, texts), ...(row.request ? { request: row.request } : {}) })),
    positions: rows.map(positionOf),
    more: more || fits < shown.length,
    ...(total ? { total: count } : {}),
  }
}

const positionOf = ({ made }: Row): HistoryPosition => [made.sequence, made.index]

function isAfter(row: Row, { after, oldestFirst }: HistoryPage): boolean {
  if (after === undefined) return true
  const [sequence, index] = positionOf(row)
  return (sequence - after[0] || index - after[1]) * (oldestFirst ? 1 : -1) > 0
}

/** In the order of the page; without a total from its first position on. */
async function* visibleRows(
  scope: HistoryScope,
  viewer: Viewer,
  page: HistoryPage,
  collections: Collections,
): AsyncGenerator<Row> {
  const direction = page.oldestFirst ? 1 : -1
  let size = page.total ? BATCH : Math.min(page.limit + 1, BATCH)
  let from = page.total ? undefined : page.after
  for (;;) {
    const filter = { $and: [{ isVersion: true }, ofScope(scope), inTime(page), beyond(from, direction)] }
    const batch = await collections.rows
      .find(filter as MongoFilter<Row>, { projection: { keys: 0, entries: 0, ...(page.total ? { text: 0 } : {}) } })
      .sort({ from: direction, 'made.index': direction })
      .limit(size)
      .toArray()
    const heads = viewer === 'unrestricted' ? undefined : await currentRows(batch, collections, { keys: 0, entries: 0 })
    for (const row of batch) {
      const head = heads?.get(keyText(row)) ?? row
      if (visible(head.audience, viewer) && mayKnow(row, head, viewer)) yield row
    }
    const last = batch.at(-1)
    if (last === undefined || batch.length < size) return
    from = positionOf(last)
    size = Math.min(size * 4, BATCH)
  }
}

function ofScope(scope: HistoryScope): object {
  if (scope === '*') return {}
  if (typeof scope === 'string') return { type: scope }
  return 'id' in scope ? { type: scope.type, id: scope.id } : { type: { $in: [...scope] } }
}

/** A deletion is current when it is made. */
function inTime({ upTo, since, before, currentIn }: HistoryPage): object {
  const all: object[] = []
  if (upTo !== undefined) all.push({ from: { $lte: upTo } })
  if (since !== undefined) all.push({ at: { $gte: since } })
  if (before !== undefined) all.push({ at: { $lt: before } })
  if (currentIn !== undefined) {
    const { start, end } = currentIn
    all.push({ at: { $lt: end } })
    all.push({
      $or: [
        { method: 'DELETE', at: { $gte: start } },
        { method: { $ne: 'DELETE' }, replacedAt: { $gt: start } },
        { method: { $ne: 'DELETE' }, replacedAt: { $exists: false } },
      ],
    })
  }
  return all.length === 0 ? {} : { $and: all }
}

function beyond(from: HistoryPosition | undefined, direction: 1 | -1): object {
  if (from === undefined) return {}
  const [sequence, index] = from
  const step = direction > 0 ? '$gt' : '$lt'
  return { $or: [{ from: { [step]: sequence } }, { from: sequence, 'made.index': { [step]: index } }] }
}
