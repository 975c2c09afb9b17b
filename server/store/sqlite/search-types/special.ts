/** Positions in SQLite: as JSON, compared by the code of search/types/special.ts. */
import type { SpecialEntry, SpecialFilter } from '../../../search/types/special.ts'
import { raw, sql } from '../sql.ts'
import { MEETS } from './meets.ts'
import type { ValueType } from './type.ts'
import { ofKind, withManyValues } from './values.ts'

const ID = 9

export const special: ValueType<SpecialEntry, SpecialFilter> = {
  id: ID,
  stored: 'value',

  encode: ({ latitude, longitude }) => ({ text: JSON.stringify({ latitude, longitude }), scope: 0, exact: '' }),
  decode: ({ text }, param) => ({
    kind: 'special',
    param,
    ...(JSON.parse(text) as Omit<SpecialEntry, 'kind' | 'param'>),
  }),

  condition({ op, latitude, longitude, distance }, fields) {
    const searched = JSON.stringify({ latitude, longitude, distance })
    return withManyValues(fields, sql`${ofKind(ID)} AND ${MEETS}(${op}, v.text, ${searched})`)
  },

  sortExpression: () => raw('NULL'),
}
