/** Numbers in MongoDB: closed ranges. */
import type { NumberEntry, NumberFilter } from '../../../search/types/number.ts'
import { after, before, from, spanKeys, spanSearch, until } from './spans.ts'
import type { SpanSearch } from './spans.ts'
import type { MongoSearchType } from './type.ts'

export const number: MongoSearchType<NumberEntry, NumberFilter> = {
  keys: ({ low, high }) => spanKeys('n', low, high),
  search: ({ prefix, low, high }) => spanSearch('n', NUMBER_SEARCH[prefix](low, high)),
}

/** As search/types/number.ts. */
export const NUMBER_SEARCH: SpanSearch = {
  eq: (low, high) => [{ within: { ...from(low), ...before(high) } }],
  ne: (low, high) => [{ start: before(low) }, { end: from(high) }],
  gt: (_low, high) => [{ end: after(high) }],
  lt: (low) => [{ start: before(low) }],
  ge: (low, high) => [{ end: after(high) }, { start: from(low) }],
  le: (low, high) => [{ start: before(low) }, { end: until(high) }],
  sa: (_low, high) => [{ start: after(high) }],
  eb: (low) => [{ end: before(low) }],
  ap: (low, high) => [{ overlaps: { ...from(low), ...until(high) } }],
}
