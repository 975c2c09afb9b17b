/**
 * The memory evaluator of search: does a record's entries fulfil a filter, who sees it, and in which order.
 * Its answers are the standard for every store; the cases are in test/search/cases.ts.
 * https://hl7.org/fhir/R4/search.html#prefix
 */
import { EVERYONE } from './query.ts'
import type { Audience, Cursor, Filter, IndexEntry, Prefix, Viewer, Sort } from './query.ts'

/** What a filter looks at: the record's id, its last change (ms) and what it says of itself. */
export type IndexedRecord = { readonly id: string; readonly at: number; readonly entries: readonly IndexEntry[] }

type Range = { readonly start: number; readonly end: number }

/** Is the condition true of the record? Entries of one parameter are alternatives: one that fits is enough. */
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
      return filter.ids.includes(record.id)
    case 'updated':
      return COMPARE[filter.prefix](filter, { start: record.at, end: record.at + 1 })
    default:
      return record.entries.some((entry) => entry.param === filter.param && fits(filter, entry))
  }
}

type EntryFilter = Extract<Filter, { op: IndexEntry['kind'] }>

function fits(filter: EntryFilter, entry: IndexEntry): boolean {
  switch (filter.op) {
    case 'token':
      return (
        entry.kind === 'token' && sameSystem(filter.system, entry.system) && (filter.code ?? entry.code) === entry.code
      )
    case 'string':
      return entry.kind === 'string' && TEXT[filter.how](entry, filter.value)
    case 'reference':
      return entry.kind === 'reference' && entry.id === filter.id && (filter.type ?? entry.type) === entry.type
    case 'uri':
      return entry.kind === 'uri' && entry.value === filter.value
    case 'date':
      return entry.kind === 'date' && COMPARE[filter.prefix](filter, entry)
  }
}

const sameSystem = (asked: string | undefined, has: string | undefined): boolean =>
  asked === undefined || asked === (has ?? '')

type StringEntry = Extract<IndexEntry, { kind: 'string' }>

const TEXT: { readonly [how in 'starts' | 'contains' | 'exact']: (entry: StringEntry, value: string) => boolean } = {
  starts: (entry, value) => entry.value.startsWith(value),
  contains: (entry, value) => entry.value.includes(value),
  exact: (entry, value) => entry.exact === value,
}

const within = (asked: Range, has: Range): boolean => asked.start <= has.start && has.end <= asked.end

/** The searched range against the record's range, clause by clause of search.html#prefix. `ap` is widened by the parser. */
const COMPARE: { readonly [prefix in Prefix]: (asked: Range, has: Range) => boolean } = {
  eq: within,
  ne: (asked, has) => !within(asked, has),
  gt: (asked, has) => has.end > asked.end,
  lt: (asked, has) => has.start < asked.start,
  ge: (asked, has) => has.end > asked.end || within(asked, has),
  le: (asked, has) => has.start < asked.start || within(asked, has),
  sa: (asked, has) => has.start >= asked.end,
  eb: (asked, has) => has.end <= asked.start,
  ap: (asked, has) => asked.start < has.end && has.start < asked.end,
}

/** May the seer know of a record with this audience? `from` is the first instant, `until` the first one after. */
export function visible(audience: readonly Audience[], viewer: Viewer): boolean {
  if (viewer === 'unrestricted') return true
  return audience.some(
    ({ agency, from, until }) =>
      (agency === EVERYONE || agency === viewer.agency) &&
      (from === undefined || from <= viewer.at) &&
      (until === undefined || viewer.at < until),
  )
}

type SortValue = string | number | null

/** By what a record is sorted, one value for each sort: the least of its entries ascending, the greatest descending. */
export const sortValues = (sorts: readonly Sort[], record: IndexedRecord): SortValue[] =>
  sorts.map((sort) => sortValue(sort, record))

function sortValue({ param, kind, descending }: Sort, record: IndexedRecord): SortValue {
  if (kind === 'id') return record.id
  if (kind === 'updated') return record.at
  let best: SortValue = null
  for (const entry of record.entries) {
    if (entry.param !== param || entry.kind !== kind) continue
    const value = entryValue(entry)
    if (best === null || compare(value, best) < 0 !== descending) best = value
  }
  return best
}

/** Dates sort by their start, tokens by their code, references by `Type/id`. */
function entryValue(entry: IndexEntry): string | number {
  switch (entry.kind) {
    case 'date':
      return entry.start
    case 'token':
      return entry.code
    case 'reference':
      return `${entry.type}/${entry.id}`
    default:
      return entry.value
  }
}

/** Where a record stands in a sorted result: its sort values, then the order of its first creation. */
export type Position = { readonly values: readonly SortValue[]; readonly creation: number }

/** A comparison of positions for Array.sort. What has no value comes last either way; ties go by creation. */
export function order(sorts: readonly Sort[]): (a: Position, b: Position) => number {
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
export const cursorAt = ({ values, creation }: Position): Cursor => [...values, creation]
export const positionOf = (cursor: Cursor): Position => ({
  values: cursor.slice(0, -1),
  creation: Number(cursor.at(-1)),
})
