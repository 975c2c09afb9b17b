/** Numbers in SQLite: closed ranges. */
import type { NumberEntry, NumberFilter } from '../../../search/types/number.ts'
import { sql } from '../sql.ts'
import { byLowerLimit, withSpan } from './spans.ts'
import type { SpanComparison } from './spans.ts'
import type { SpanType } from './type.ts'

export const number: SpanType<NumberEntry, NumberFilter> = {
  id: 6,
  stored: 'span',

  encode: ({ low, high }) => [low, high],
  decode: ([low, high], param) => ({ kind: 'number', param, low, high }),

  condition: ({ prefix, low, high }, fields) => withSpan(fields, COMPARE[prefix], [low, high]),

  sortExpression: byLowerLimit,
}

/** As search/types/number.ts. */
const COMPARE: SpanComparison = {
  eq: (since, until, low, high) => sql`${until} >= ${low} AND ${until} < ${high} AND ${since} >= ${low}`,
  ne: (since, until, low, high) => sql`NOT (${since} >= ${low} AND ${until} < ${high})`,
  gt: (_since, until, _low, high) => sql`${until} > ${high}`,
  lt: (since, _until, low) => sql`${since} < ${low}`,
  ge: (since, until, low, high) => sql`${until} >= ${low} AND (${until} > ${high} OR ${since} >= ${low})`,
  le: (since, until, low, high) => sql`(${since} < ${low} OR ${until} <= ${high})`,
  sa: (since, until, _low, high) => sql`${until} > ${high} AND ${since} > ${high}`,
  eb: (_since, until, low) => sql`${until} < ${low}`,
  ap: (since, until, low, high) => sql`${until} >= ${low} AND ${since} <= ${high}`,
}
