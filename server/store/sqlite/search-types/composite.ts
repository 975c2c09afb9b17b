/**
 * Composites in SQLite: the components as JSON, compared by the code of search/types/composite.ts. There is no source: the
 * parameters of the components find the records (search/condition.ts).
 */
import type { CompositeEntry, CompositeFilter } from '../../../search/types/composite.ts'
import { NO_RECORD } from '../condition.ts'
import { raw, sql } from '../sql.ts'
import { MEETS } from './meets.ts'
import type { ValueType } from './type.ts'
import { ofKind, valuesIn } from './values.ts'

const ID = 8

export const composite: ValueType<CompositeEntry, CompositeFilter> = {
  id: ID,
  stored: 'value',

  encode: ({ parts }) => ({ text: JSON.stringify({ parts }), scope: 0, exact: '' }),
  decode: ({ text }, param) => ({ kind: 'composite', param, ...(JSON.parse(text) as Pick<CompositeEntry, 'parts'>) }),

  condition({ parts, op }, fields) {
    if (fields.length === 0) return NO_RECORD
    const meets = sql`${ofKind(ID)} AND ${MEETS}(${op}, v.text, ${JSON.stringify({ parts })})`
    return { probe: sql`EXISTS (SELECT 1 FROM ${valuesIn(fields)} WHERE ${meets})` }
  },

  // Records are not sorted by pairs.
  sortExpression: () => raw('NULL'),
}
