/** Addresses in SQLite: the whole of one is the text. */
import type { UriEntry, UriFilter } from '../../../search/types/uri.ts'
import { sql } from '../sql.ts'
import type { ValueType } from './type.ts'
import { byText, ofKind, withFewValues } from './values.ts'

const ID = 4

export const uri: ValueType<UriEntry, UriFilter> = {
  id: ID,
  stored: 'value',

  encode: ({ value }) => ({ text: value, scope: 0, exact: '' }),
  decode: ({ text }, param) => ({ kind: 'uri', param, value: text }),

  condition: ({ value }, fields, scope) => withFewValues(fields, sql`${ofKind(ID)} AND v.text = ${value}`, scope),

  sortExpression: byText,
}
