/**
 * The index keys of a record, and where the keys of a filter are. A key is `<param>\u0000<field><value>`, with more values
 * behind further `\u0000`; what each search type keeps is in search-types/. Ranges of keys are in the order of code points,
 * in which MongoDB compares texts, and select as much in the order of UTF-16 units, in which the stand-in of the tests does.
 */
import type { Filter, IndexEntry } from '../../search/query.ts'
import { keysOfEntry, searchOfEntry } from './search-types/index.ts'
import type { KeyCondition, KeyParts } from './search-types/type.ts'

/** One key, or those from `from` (with it) to `to` (without it). */
export type KeyRange = { readonly key: string } | { readonly from: string; readonly to: string }

/** Keys are cut to so many UTF-16 units: nobody searches for more, and an index is no place for texts. */
export const MAX_KEY_LENGTH = 512

/** The keys of a record's index entries, each once. */
export const keysOf = (entries: readonly IndexEntry[]): readonly string[] => [
  ...new Set(entries.flatMap((entry) => keysOfEntry(entry.kind, entry).map((parts) => keyText(entry.param, parts)))),
]

/**
 * Where the keys of the records are that meet the filter: each has one at least in a range. Records that do not meet it may
 * have one, too, if not `isExact`. Undefined for a filter that no key helps: a negation, an id, a type, a last change, and
 * several conditions together, of which the caller takes one.
 */
export const rangesOf = (filter: Filter): readonly KeyRange[] | undefined => search(filter)?.ranges

/** Does every record that has a key in the ranges meet the filter? */
export const isExact = (filter: Filter): boolean => search(filter)?.exact ?? false

type RangeSearch = { readonly ranges: readonly KeyRange[]; readonly exact: boolean }

function search(filter: Filter): RangeSearch | undefined {
  switch (filter.op) {
    case 'or':
      return searchAny(filter.of)
    case 'and':
      return filter.of.length === 1 && filter.of[0] ? search(filter.of[0]) : undefined
    case 'not':
      return filter.of.op === 'missing' ? { ranges: [allOf(filter.of.param)], exact: true } : undefined
    case 'missing':
    case 'id':
    case 'type':
    case 'updated':
      return undefined
    default: {
      const { anyOf, exact } = searchOfEntry(filter.op, filter)
      return {
        ranges: anyOf.map((one) => rangeOf(filter.param, one)),
        exact: exact && anyOf.every((one) => isUnchanged(filter.param, one)),
      }
    }
  }
}

function searchAny(filters: readonly Filter[]): RangeSearch | undefined {
  const searches: RangeSearch[] = []
  for (const one of filters) {
    const found = search(one)
    if (found === undefined) return undefined
    searches.push(found)
  }
  return { ranges: searches.flatMap(({ ranges }) => ranges), exact: searches.every(({ exact }) => exact) }
}

/** Stands behind the parameter and between values. */
const END = '\u0000'
/** In values it is written as another character that no text of FHIR has. */
const END_IN_VALUE = '\u0001'

/** UTF-8 has no half of a surrogate pair: the driver would write another character. */
const HALF_PAIR = /\p{Cs}/gu
const REPLACEMENT = '\uFFFD'

const valueText = (value: string): string => value.replaceAll(END, END_IN_VALUE).replace(HALF_PAIR, REPLACEMENT)

const wholeText = (param: string, [field, ...values]: KeyParts): string =>
  param + END + field + values.map(valueText).join(END)

const keyText = (param: string, parts: KeyParts): string => cut(wholeText(param, parts))

/** Not between the halves of a surrogate pair. */
const cut = (text: string): string =>
  text.length <= MAX_KEY_LENGTH ? text : text.slice(0, MAX_KEY_LENGTH).replace(HALF_PAIR, '')

const allOf = (param: string): KeyRange => startingWith(param + END)

function rangeOf(param: string, condition: KeyCondition): KeyRange {
  if ('is' in condition) return { key: keyText(param, condition.is) }
  if ('starts' in condition) return startingWith(keyText(param, withoutHalfPair(condition.starts)))
  const { field, from, to } = condition
  const whole = startingWith(param + END + field)
  return { from: whole.from + (from ?? ''), to: to === undefined ? whole.to : whole.from + to }
}

/** A beginning may end in the midst of a character; the character that a text has there begins in another way. */
const withoutHalfPair = ([field, ...values]: KeyParts): KeyParts => [
  field,
  ...values.map((value, index) => (index === values.length - 1 ? value.replace(/\p{Cs}$/u, '') : value)),
]

/** The last code point before the surrogates, before those that have surrogates, and of all: none that follows is near. */
const LAST_OF_BLOCK = /[\uD7FF\uFFFF\u{10FFFF}]+$/u

/** The keys that begin with a text, which may be more where the text ends with the last code point of a block. */
function startingWith(text: string): { readonly from: string; readonly to: string } {
  const points = [...text.replace(LAST_OF_BLOCK, '')]
  const last = points.pop() ?? END
  return { from: text, to: points.join('') + String.fromCodePoint(last.codePointAt(0)! + 1) }
}

/** Is no other text written as this one, and nothing cut? */
function isUnchanged(param: string, condition: KeyCondition): boolean {
  if ('field' in condition) return true
  const parts = 'is' in condition ? condition.is : condition.starts
  if (parts.slice(1).some((value) => value !== valueText(value) || WRITTEN_FOR_OTHERS.test(value))) return false
  const text = wholeText(param, parts)
  return text.length < MAX_KEY_LENGTH - 1 && ('is' in condition || !LAST_OF_BLOCK.test(text))
}

const WRITTEN_FOR_OTHERS = new RegExp(`[${END_IN_VALUE}${REPLACEMENT}]`)
