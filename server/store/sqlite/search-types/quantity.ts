/**
 * Quantities in SQLite: the lower limit is the text and the upper one `exact` (empty where it is the same), both as texts in
 * the order of the numbers; the unit is the scope.
 */
import { orderedNumber, orderedText } from '../../../search/types/quantity.ts'
import type { QuantityEntry, QuantityFilter } from '../../../search/types/quantity.ts'
import type { Prefix } from '../../../search/query.ts'
import { raw, sql } from '../sql.ts'
import type { Sql } from '../sql.ts'
import type { ValueType } from './type.ts'
import { byText, ofKind, withManyValues } from './values.ts'

const ID = 7

const NO_UNIT = 0
/** The scope of a unit that no entry has. */
const UNUSED_UNIT = -1

export const quantity: ValueType<QuantityEntry, QuantityFilter> = {
  id: ID,
  stored: 'value',

  encode: ({ low, high, unit }, terms) => ({
    text: orderedText(low),
    scope: unit === '' ? NO_UNIT : terms.makeId(unit),
    exact: high === low ? '' : orderedText(high),
  }),
  decode: ({ text, scope, exact }, param, terms) => ({
    kind: 'quantity',
    param,
    low: orderedNumber(text),
    high: orderedNumber(exact === '' ? text : exact),
    unit: scope === NO_UNIT ? '' : terms.text(scope),
  }),

  condition({ prefix, low, high, unit }, fields, { terms }) {
    const inUnit =
      unit === undefined ? raw('1') : sql`v.scope = ${unit === '' ? NO_UNIT : (terms.idOf(unit) ?? UNUSED_UNIT)}`
    const inRange = COMPARE[prefix](orderedText(low), orderedText(high))
    return withManyValues(fields, sql`${ofKind(ID)} AND ${inUnit} AND ${inRange}`)
  },

  sortExpression: byText,
}

const SINCE = raw('v.text')
const UNTIL = raw("CASE v.exact WHEN '' THEN v.text ELSE v.exact END")

/** As search/types/number.ts. */
const COMPARE: { readonly [prefix in Prefix]: (low: string, high: string) => Sql } = {
  eq: (low, high) => sql`${SINCE} >= ${low} AND ${UNTIL} < ${high}`,
  ne: (low, high) => sql`NOT (${SINCE} >= ${low} AND ${UNTIL} < ${high})`,
  gt: (_low, high) => sql`${UNTIL} > ${high}`,
  lt: (low) => sql`${SINCE} < ${low}`,
  ge: (low, high) => sql`(${UNTIL} > ${high} OR (${SINCE} >= ${low} AND ${UNTIL} <= ${high}))`,
  le: (low, high) => sql`(${SINCE} < ${low} OR (${SINCE} >= ${low} AND ${UNTIL} <= ${high}))`,
  sa: (_low, high) => sql`${SINCE} > ${high}`,
  eb: (low) => sql`${UNTIL} < ${low}`,
  ap: (low, high) => sql`${UNTIL} >= ${low} AND ${SINCE} <= ${high}`,
}
