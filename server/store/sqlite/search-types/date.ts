/** Dates in SQLite: half-open ranges of instants. */
import type { DateEntry, DateFilter } from '../../../search/types/date.ts'
import { sql } from '../sql.ts'
import { byLowerLimit, withSpan } from './spans.ts'
import type { SpanComparison } from './spans.ts'
import type { SpanType } from './type.ts'

export const date: SpanType<DateEntry, DateFilter> = {
  id: 5,
  stored: 'span',

  encode: ({ start, end }) => [start, end],
  decode: ([start, end], param) => ({ kind: 'date', param, start, end }),

  condition: ({ prefix, start, end }, fields) => withSpan(fields, COMPARE[prefix], [start, end]),

  sortExpression: byLowerLimit,
}

/** As search/prefix.ts. */
const COMPARE: SpanComparison = {
  eq: (since, until, start, end) => sql`${until} >= ${start} AND ${until} <= ${end} AND ${since} >= ${start}`,
  ne: (since, until, start, end) => sql`NOT (${since} >= ${start} AND ${until} <= ${end})`,
  gt: (_since, until, _start, end) => sql`${until} > ${end}`,
  lt: (since, _until, start) => sql`${since} < ${start}`,
  ge: (since, until, start, end) => sql`${until} >= ${start} AND (${until} > ${end} OR ${since} >= ${start})`,
  le: (since, until, start, end) => sql`(${since} < ${start} OR ${until} <= ${end})`,
  sa: (since, until, _start, end) => sql`${until} >= ${end} AND ${since} >= ${end}`,
  eb: (_since, until, start) => sql`${until} <= ${start}`,
  ap: (since, until, start, end) => sql`${until} > ${start} AND ${since} < ${end}`,
}
