/**
 * Keys of entries that are ranges, and how a range that is searched for is found by them. A key is a number as a text of
 * fixed width in the order of the numbers. Of a single number it is one key; of a range there is one by its start, another
 * by its end, and a third if it ends before it starts.
 *
 * By start and end every prefix but two is exact, because each is true of a range by one of its limits alone: `ge` is "ends
 * later, or is within", which is "ends later, or starts not earlier". `eq` and `ap` need both limits of one range: there the
 * keys by one limit give candidates.
 */
import type { Prefix } from '../../../search/query.ts'
import { orderedText } from '../../../search/types/quantity.ts'
import type { KeyCondition, KeyParts, KeySearch } from './type.ts'

/** Of numbers as texts; an absent one is open. */
type Limits = { readonly from?: string; readonly to?: string }

/** One thing that a prefix asks of a range: where it starts or ends, that it is within, or that it overlaps. */
type SpanCondition =
  { readonly start: Limits } | { readonly end: Limits } | { readonly within: Limits } | { readonly overlaps: Limits }

/** For each prefix, of which one must hold. */
export type SpanSearch = { readonly [prefix in Prefix]: (low: number, high: number) => readonly SpanCondition[] }

/** Behind the key of this number, and before that of the next: keys have the digits of base 16 alone. */
const behind = (value: number): string => `${orderedText(value)}!`

export const from = (value: number): Limits => ({ from: orderedText(value) })
export const after = (value: number): Limits => ({ from: behind(value) })
export const before = (value: number): Limits => ({ to: orderedText(value) })
export const until = (value: number): Limits => ({ to: behind(value) })

/** `kind` is the letter of the type, which distinguishes the fields. */
export function spanKeys(kind: string, low: number, high: number): readonly KeyParts[] {
  if (low === high) return [[`${kind}p`, orderedText(low)]]
  const limits: readonly KeyParts[] = [
    [`${kind}s`, orderedText(low)],
    [`${kind}e`, orderedText(high)],
  ]
  return low < high ? limits : [...limits, [`${kind}i`]]
}

export function spanSearch(kind: string, conditions: readonly SpanCondition[]): KeySearch {
  return {
    anyOf: conditions.flatMap((one) => keysOf(kind, one)),
    exact: conditions.every((one) => 'start' in one || 'end' in one),
  }
}

function keysOf(kind: string, condition: SpanCondition): readonly KeyCondition[] {
  const single = (limits: Limits): KeyCondition => ({ field: `${kind}p`, ...limits })
  const start = (limits: Limits): KeyCondition => ({ field: `${kind}s`, ...limits })
  const end = (limits: Limits): KeyCondition => ({ field: `${kind}e`, ...limits })
  if ('start' in condition) return [single(condition.start), start(condition.start)]
  if ('end' in condition) return [single(condition.end), end(condition.end)]
  // What is within starts within, unless it ends before it starts.
  if ('within' in condition) return [single(condition.within), start(condition.within), { is: [`${kind}i`] }]
  const { from } = condition.overlaps
  // Most ranges of records are past, so that the end leaves the fewer ones.
  return [single(condition.overlaps), end(from === undefined ? {} : { from })]
}
