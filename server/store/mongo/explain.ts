/** How a query is answered, by answering it. */
import type { Filter as MongoFilter } from 'mongodb'
import { visible } from '../../search/match.ts'
import { conjuncts, type Query } from '../../search/query.ts'
import type { Explanation } from '../explanation.ts'
import { driver } from './driver.ts'
import { OPEN, type Collections, type Row } from './schema.ts'
import { find, ofTypes, type ReadOptions } from './search.ts'

export async function explain(query: Query, collections: Collections, options: ReadOptions): Promise<Explanation> {
  const { where, deleted, limit, total, viewer, asOf = options.last, type } = query
  const start = performance.now()
  await find(query, collections, options)
  const ms = performance.now() - start
  const { condition, filter } = driver(where)
  const current = { ...ofTypes(type), from: { $lte: asOf }, to: OPEN, ...filter } as MongoFilter<Row>
  const rows = await collections.rows.find(current, { projection: { audience: 1 } }).toArray()
  const read = rows.filter(({ audience }) => visible(audience, viewer)).length
  const notDeleted = deleted ? [] : [{ op: 'not-deleted' as const }]
  const tests = [...conjuncts(where), { op: 'visible' as const }, ...notDeleted]
  const purposes = [...(limit > 0 ? (['page'] as const) : []), ...(total ? (['total'] as const) : [])]
  const from = condition === undefined ? ({ kind: 'every' } as const) : ({ kind: 'list', of: condition } as const)
  return { reads: purposes.map((purpose) => ({ purpose, from, lists: [], tests, read })), thread: false, ms }
}
