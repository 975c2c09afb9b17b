/** Dates in MongoDB: half-open ranges of instants. */
import type { DateEntry, DateFilter } from '../../../search/types/date.ts'
import { after, before, from, spanKeys, spanSearch, until } from './spans.ts'
import type { SpanSearch } from './spans.ts'
import type { MongoSearchType } from './type.ts'

export const date: MongoSearchType<DateEntry, DateFilter> = {
  keys: ({ start, end }) => spanKeys('d', start, end),
  search: ({ prefix, start, end }) => spanSearch('d', SEARCH[prefix](start, end)),
}

/** As search/prefix.ts. */
const SEARCH: SpanSearch = {
  eq: (low, high) => [{ within: { ...from(low), ...until(high) } }],
  ne: (low, high) => [{ start: before(low) }, { end: after(high) }],
  gt: (_low, high) => [{ end: after(high) }],
  lt: (low) => [{ start: before(low) }],
  ge: (low, high) => [{ end: after(high) }, { start: from(low) }],
  le: (low, high) => [{ start: before(low) }, { end: until(high) }],
  sa: (_low, high) => [{ start: from(high) }],
  eb: (low) => [{ end: until(low) }],
  ap: (low, high) => [{ overlaps: { ...after(low), ...before(high) } }],
}
