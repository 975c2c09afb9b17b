/**
 * The memory evaluator of search: does a record meet a filter, who may see it, and in which order.
 * Its answers are the reference for every store; the cases are in test/search/cases.ts.
 */
import { includes } from './long-list.ts'
import { COMPARE } from './prefix.ts'
import { EVERYONE } from './query.ts'
import type { AgencyViewer, Audience, Cursor, Filter, IndexEntry, Query, Viewer, Sort } from './query.ts'
import { matchesEntry, sortKeyOf } from './types/index.ts'

/**
 * What a filter is evaluated on: the record's id, its last change (ms) and its index entries. The type is read by queries
 * over several types alone.
 */
export type IndexedRecord = {
  readonly type?: string
  readonly id: string
  readonly at: number
  readonly entries: readonly IndexEntry[]
}

/** Does the record meet the condition? Entries of one parameter are alternatives: one that matches is enough. */
export function match(filter: Filter, record: IndexedRecord): boolean {
  switch (filter.op) {
    case 'and':
      return filter.of.every((part) => match(part, record))
    case 'or':
      return filter.of.some((part) => match(part, record))
    case 'not':
      return !match(filter.of, record)
    case 'missing':
      return !record.entries.some((entry) => entry.param === filter.param)
    case 'id':
      return includes(filter.ids, record.id)
    case 'type':
      return record.type !== undefined && filter.types.includes(record.type)
    case 'updated':
      return COMPARE[filter.prefix](filter, { start: record.at, end: record.at + 1 })
    default:
      return record.entries.some((entry) => entry.param === filter.param && matchesEntry(filter.op, filter, entry))
  }
}

/** May the viewer know of a record with this audience? `from` is the first instant, `until` the first one after. */
export function visible(audience: readonly Audience[], viewer: Viewer): boolean {
  return viewer === 'unrestricted' || audience.some((one) => admits(one, viewer))
}

/** The memberships of an audience by which an agency may know of a record at this instant. */
export const knowing = (audience: readonly Audience[], viewer: AgencyViewer): readonly Audience[] =>
  audience.filter((one) => admits(one, viewer))

const admits = ({ agency, from, until }: Audience, viewer: AgencyViewer): boolean =>
  (agency === EVERYONE || agency === viewer.agency) &&
  (from === undefined || from <= viewer.at) &&
  (until === undefined || viewer.at < until)

type SortValue = string | number | null

/** What a record is sorted by, one value for each sort: the least of its entries ascending, the greatest descending. */
export const sortValues = (sorts: readonly Sort[], record: IndexedRecord): SortValue[] =>
  sorts.map((sort) => shortened(sortValue(sort, record)))

function sortValue({ param, kind, descending }: Sort, record: IndexedRecord): SortValue {
  if (kind === 'id') return record.id
  if (kind === 'updated') return record.at
  let best: SortValue = null
  for (const entry of record.entries) {
    const value = entry.param === param ? sortKeyOf(kind, entry) : undefined
    if (value === undefined) continue
    if (best === null || compare(value, best) < 0 !== descending) best = value
  }
  return best
}

/** Texts are sorted by so many characters (code points): a cursor holds them, and an address has no room for more. */
export const SORT_KEY_LENGTH = 100

const shortened = (value: SortValue): SortValue =>
  typeof value !== 'string' || value.length <= SORT_KEY_LENGTH ? value : [...value].slice(0, SORT_KEY_LENGTH).join('')

/** The position of a record in a sorted result: its sort values, then the order of its first creation. */
export type SortPosition = { readonly values: readonly SortValue[]; readonly creation: number }

/** A comparison of positions for Array.sort. A record without a value comes last either way; ties go by creation. */
export function order(sorts: readonly Sort[]): (a: SortPosition, b: SortPosition) => number {
  return (a, b) => {
    for (const [index, sort] of sorts.entries()) {
      const step = compareValues(a.values[index] ?? null, b.values[index] ?? null, sort.descending)
      if (step !== 0) return step
    }
    return a.creation - b.creation
  }
}

function compareValues(a: SortValue, b: SortValue, descending: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  return descending ? compare(b, a) : compare(a, b)
}

/** Numbers by size; texts by code point, as UTF-8 bytes compare in a database (JavaScript's `<` compares UTF-16). */
export function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [left, right] = [String(a), String(b)]
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const [x, y] = [left.charCodeAt(index), right.charCodeAt(index)]
    if (x !== y) return rank(x) - rank(y)
  }
  return left.length - right.length
}

/** Moves the surrogates, which stand for code points above U+FFFF, behind U+E000..U+FFFF. */
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800)

/** A position as the cursor that a store hands out, and back. */
export const cursorAt = ({ values, creation }: SortPosition): Cursor => [...values, creation]
export const positionOf = (cursor: Cursor): SortPosition => ({
  values: cursor.slice(0, -1),
  creation: Number(cursor.at(-1)),
})

/** Sorted hits of a query, with one more than its limit where there is one, as the page that it asks for. */
export function pageOf<T extends SortPosition>(
  { limit, after, backward }: Pick<Query, 'limit' | 'after' | 'backward'>,
  hits: readonly T[],
): { readonly shown: readonly T[]; readonly next?: Cursor; readonly previous?: Cursor } {
  const page = hits.slice(0, limit)
  const shown = backward ? page.reverse() : page
  const [first] = shown
  const last = shown.at(-1)
  const more = hits.length > limit
  const hasNext = backward === true || more
  const hasPrevious = backward ? more : after !== undefined
  return {
    shown,
    ...(last && hasNext ? { next: cursorAt(last) } : {}),
    ...(first && hasPrevious ? { previous: cursorAt(first) } : {}),
  }
}

/** The comparison by which a page is collected: that of the sorts, or against it for a page that is read backward. */
export function directedOrder({ sort = [], backward }: Pick<Query, 'sort' | 'backward'>): ReturnType<typeof order> {
  const compare = order(sort)
  return backward ? (a, b) => compare(b, a) : compare
}
