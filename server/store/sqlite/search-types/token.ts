/** Tokens in SQLite: the code is the text, the system the scope; `exact` says whether its case counts. */
import { foldCase } from '../../../search/types/token.ts'
import type { SearchedCode, TokenEntry, TokenFilter } from '../../../search/types/token.ts'
import type { QueryScope } from '../condition.ts'
import { raw, sql } from '../sql.ts'
import type { Sql } from '../sql.ts'
import type { ValueType } from './type.ts'
import { byText, ofKind, withFewValues, withManyValues } from './values.ts'

const ID = 1
const IS_TOKEN = ofKind(ID)

/** In `exact` of a value whose text is in lower case. */
const IGNORES_CASE = 'i'

/** The scope of a code without a system. */
const NO_SYSTEM = 0
/** The scope of a system that no entry has. */
const UNUSED_SYSTEM = -1

export const token: ValueType<TokenEntry, TokenFilter> = {
  id: ID,
  stored: 'value',

  encode: ({ code, system, ignoreCase }, terms) => ({
    text: code,
    scope: system ? terms.makeId(system) : NO_SYSTEM,
    exact: ignoreCase ? IGNORES_CASE : '',
  }),
  decode: ({ text, scope, exact }, param, terms) => ({
    kind: 'token',
    param,
    code: text,
    ...(scope === NO_SYSTEM ? {} : { system: terms.text(scope) }),
    ...(exact === IGNORES_CASE ? { ignoreCase: true } : {}),
  }),

  condition({ system, code, codes }, fields, scope) {
    if (codes !== undefined) return withFewValues(fields, sql`${IS_TOKEN} AND ${isOneOf(codes, scope)}`, scope)
    const inScope = system ? (scope.terms.idOf(system) ?? UNUSED_SYSTEM) : NO_SYSTEM
    if (code !== undefined) {
      const ofSystem = system === undefined ? raw('1') : sql`v.scope = ${inScope}`
      return withFewValues(fields, sql`${IS_TOKEN} AND ${isCode(code)} AND ${ofSystem}`, scope)
    }
    if (system === undefined) return withManyValues(fields, IS_TOKEN)
    return withManyValues(fields, sql`${IS_TOKEN} AND v.scope = ${inScope}`)
  },

  sortExpression: byText,
}

/** Each code in its system: as written where the case counts, in lower case where it does not. */
function isOneOf(codes: readonly SearchedCode[], { terms }: QueryScope): Sql {
  const rows = codes.flatMap(({ system, code }) => {
    const tid = terms.idOf(system)
    return tid === undefined ? [] : [[code, tid, ''] as const, [foldCase(code), tid, IGNORES_CASE] as const]
  })
  return sql`(v.text, v.scope, v.exact) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(${JSON.stringify(rows)}))`
}

/** One that is in lower case has one text, whether or not the case counts. */
function isCode(code: string): Sql {
  const folded = foldCase(code)
  if (folded === code) return sql`v.text = ${code}`
  return sql`v.text IN (${code}, ${folded}) AND ((v.text = ${code} AND v.exact = '') OR (v.text = ${folded} AND v.exact = ${IGNORES_CASE}))`
}
