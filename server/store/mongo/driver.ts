/** Which condition of a search MongoDB reads by its index. */
import type { Filter as MongoFilter } from 'mongodb'
import { conjuncts, type Filter } from '../../search/query.ts'
import { rangesOf, type KeyRange } from './keys.ts'
import type { Row } from './schema.ts'

/** Ids or key ranges of one condition: a command of MongoDB has at most 16 MB. */
const MOST = 10_000

/** `condition`: the one that is read by its index; absent where every record of the types is read. */
export type Driver = { readonly condition?: Filter; readonly filter: MongoFilter<Row> }

/** The condition that names records, or else the one of the fewest index keys. */
export function driver(where: Filter): Driver {
  const all = conjuncts(where)
  const named = all.find((one) => one.op === 'id' && one.ids.length <= MOST)
  if (named?.op === 'id') return { condition: named, filter: { id: { $in: [...named.ids] } } }
  const [best] = all
    .flatMap((condition) => {
      const ranges = rangesOf(condition)
      return ranges === undefined || ranges.length > MOST ? [] : [{ condition, ranges }]
    })
    .sort((a, b) => cost(a.ranges) - cost(b.ranges))
  return best === undefined ? { filter: {} } : { condition: best.condition, filter: keyFilter(best.ranges) }
}

/** One key selects few rows, a span of keys may select many. */
const cost = (ranges: readonly KeyRange[]): number =>
  ranges.reduce((sum, range) => sum + ('key' in range ? 1 : 1_000), 0)

function keyFilter(ranges: readonly KeyRange[]): MongoFilter<Row> {
  const keys = ranges.flatMap((range) => ('key' in range ? [range.key] : []))
  const spans = ranges.flatMap((range) =>
    'key' in range ? [] : [{ keys: { $elemMatch: { $gte: range.from, $lt: range.to } } }],
  )
  if (spans.length === 0) return { keys: { $in: keys } }
  return { $or: [...(keys.length > 0 ? [{ keys: { $in: keys } }] : []), ...spans] } as MongoFilter<Row>
}
