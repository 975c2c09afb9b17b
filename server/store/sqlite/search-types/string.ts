/** Strings in SQLite: the text is normalised, `exact` is as written; the scope says whether it is a part of another. */
import type { StringEntry, StringFilter } from '../../../search/types/string.ts'
import { raw, sql } from '../sql.ts'
import type { ValueType } from './type.ts'
import { LAST, ofKind, valuesIn, withFewValues, withManyValues } from './values.ts'

const ID = 2
const IS_STRING = ofKind(ID)

const WHOLE = 0
const PART = 1

export const string: ValueType<StringEntry, StringFilter> = {
  id: ID,
  stored: 'value',

  encode: ({ value, exact, part }) => ({ text: value, scope: part ? PART : WHOLE, exact }),
  decode: ({ text, exact, scope }, param) => ({
    kind: 'string',
    param,
    value: text,
    exact,
    ...(scope === PART ? { part: true } : {}),
  }),

  condition({ how, value }, fields, scope) {
    if (how === 'exact')
      return withFewValues(fields, sql`${IS_STRING} AND v.exact = ${value} AND v.scope = ${WHOLE}`, scope)
    if (how === 'equals')
      return withFewValues(fields, sql`${IS_STRING} AND v.text = ${value} AND v.scope = ${WHOLE}`, scope)
    if (how === 'ends')
      return withManyValues(
        fields,
        sql`${IS_STRING} AND substr(v.text, ${-[...value].length}) = ${value} AND v.scope = ${WHOLE}`,
      )
    if (how === 'contains') return withManyValues(fields, sql`${IS_STRING} AND instr(v.text, ${value}) > 0`)
    return withManyValues(fields, sql`${IS_STRING} AND v.text >= ${value} AND v.text < ${value + LAST}`)
  },

  sortExpression: (fields, best) =>
    sql`(SELECT ${raw(best)}(v.text) FROM ${valuesIn(fields)} WHERE v.scope = ${WHOLE})`,
}
