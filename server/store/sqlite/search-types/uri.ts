/** Addresses in SQLite: the whole of one is the text. */
import type { UriEntry, UriFilter } from '../../../search/types/uri.ts'
import { sql } from '../sql.ts'
import type { ValueType } from './type.ts'
import { byText, LAST, ofKind, withFewValues, withManyValues } from './values.ts'

const ID = 4

export const uri: ValueType<UriEntry, UriFilter> = {
  id: ID,
  stored: 'value',

  encode: ({ value }) => ({ text: value, scope: 0, exact: '' }),
  decode: ({ text }, param) => ({ kind: 'uri', param, value: text }),

  condition({ value, starts }, fields, scope) {
    if (!starts) return withFewValues(fields, sql`${ofKind(ID)} AND v.text = ${value}`, scope)
    return withManyValues(fields, sql`${ofKind(ID)} AND v.text >= ${value} AND v.text < ${value + LAST}`)
  },

  sortExpression: byText,
}
