/** References in SQLite: the id is the text, the type the scope. */
import type { ReferenceEntry, ReferenceFilter } from '../../../search/types/reference.ts'
import { raw, sql } from '../sql.ts'
import type { ValueType } from './type.ts'
import { ofKind, valuesIn, withFewValues } from './values.ts'

const ID = 3

/** The scope of a type that no entry has. */
const UNUSED_TYPE = -1

export const reference: ValueType<ReferenceEntry, ReferenceFilter> = {
  id: ID,
  stored: 'value',

  encode: ({ type, id }, terms) => ({ text: id, scope: terms.makeId(type), exact: '' }),
  decode: ({ text, scope }, param, terms) => ({ kind: 'reference', param, type: terms.text(scope), id: text }),

  condition({ type, id }, fields, scope) {
    const ofType = type === undefined ? raw('1') : sql`v.scope = ${scope.terms.idOf(type) ?? UNUSED_TYPE}`
    const ofId =
      typeof id === 'string' ? sql`v.text = ${id}` : sql`v.text IN (SELECT value FROM json_each(${JSON.stringify(id)}))`
    return withFewValues(fields, sql`${ofKind(ID)} AND ${ofId} AND ${ofType}`, scope)
  },

  sortExpression: (fields, best) =>
    sql`(SELECT ${raw(best)}(t.text || '/' || v.text) FROM ${valuesIn(fields)} CROSS JOIN term t ON t.tid = v.scope)`,
}
