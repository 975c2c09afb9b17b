/** Tokens in SQLite: the code is the text, the system the scope. */
import type { TokenEntry, TokenFilter } from '../../../search/types/token.ts'
import { raw, sql } from '../sql.ts'
import type { ValueType } from './type.ts'
import { byText, ofKind, withFewValues, withManyValues } from './values.ts'

const ID = 1
const IS_TOKEN = ofKind(ID)

/** The scope of a code without a system. */
const NO_SYSTEM = 0
/** The scope of a system that no entry has. */
const UNUSED_SYSTEM = -1

export const token: ValueType<TokenEntry, TokenFilter> = {
  id: ID,
  stored: 'value',

  encode: ({ code, system }, terms) => ({ text: code, scope: system ? terms.makeId(system) : NO_SYSTEM, exact: '' }),
  decode: ({ text, scope }, param, terms) => ({
    kind: 'token',
    param,
    code: text,
    ...(scope === NO_SYSTEM ? {} : { system: terms.text(scope) }),
  }),

  condition({ system, code }, fields, scope) {
    const inScope = system ? (scope.terms.idOf(system) ?? UNUSED_SYSTEM) : NO_SYSTEM
    if (code !== undefined) {
      const ofSystem = system === undefined ? raw('1') : sql`v.scope = ${inScope}`
      return withFewValues(fields, sql`${IS_TOKEN} AND v.text = ${code} AND ${ofSystem}`, scope)
    }
    if (system === undefined) return withManyValues(fields, IS_TOKEN)
    return withManyValues(fields, sql`${IS_TOKEN} AND v.scope = ${inScope}`)
  },

  sortExpression: byText,
}
