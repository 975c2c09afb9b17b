/** Words in SQLite: each is written once, and a record refers to it as to any other value. */
import type { TextEntry, TextFilter } from '../../../search/types/text.ts'
import { raw, sql } from '../sql.ts'
import type { ValueType } from './type.ts'
import { LAST, ofKind, withFewValues, withManyValues } from './values.ts'

const ID = 10
const IS_WORD = ofKind(ID)

export const text: ValueType<TextEntry, TextFilter> = {
  id: ID,
  stored: 'value',

  encode: ({ value }) => ({ text: value, scope: 0, exact: '' }),
  decode: ({ text: value }, param) => ({ kind: 'text', param, value }),

  condition({ how, value }, fields, scope) {
    if (how === 'word') return withFewValues(fields, sql`${IS_WORD} AND v.text = ${value}`, scope)
    return withManyValues(fields, sql`${IS_WORD} AND v.text >= ${value} AND v.text < ${value + LAST}`)
  },

  sortExpression: () => raw('NULL'),
}
