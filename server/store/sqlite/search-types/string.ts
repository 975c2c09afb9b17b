/** Strings in SQLite: the text is normalised, `exact` is as written. */
import type { StringEntry, StringFilter } from '../../../search/types/string.ts'
import { sql } from '../sql.ts'
import type { ValueType } from './type.ts'
import { byText, ofKind, withFewValues, withManyValues } from './values.ts'

const ID = 2
const IS_STRING = ofKind(ID)

/** Sorts after every text with the same beginning. */
const LAST = '\u{10FFFF}'

export const string: ValueType<StringEntry, StringFilter> = {
  id: ID,
  stored: 'value',

  encode: ({ value, exact }) => ({ text: value, scope: 0, exact }),
  decode: ({ text, exact }, param) => ({ kind: 'string', param, value: text, exact }),

  condition({ how, value }, fields, scope) {
    if (how === 'exact') return withFewValues(fields, sql`${IS_STRING} AND v.exact = ${value}`, scope)
    if (how === 'contains') return withManyValues(fields, sql`${IS_STRING} AND instr(v.text, ${value}) > 0`)
    return withManyValues(fields, sql`${IS_STRING} AND v.text >= ${value} AND v.text < ${value + LAST}`)
  },

  sortExpression: byText,
}
