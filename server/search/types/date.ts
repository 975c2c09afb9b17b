/** Dates, instants, periods and timings as ranges. https://hl7.org/fhir/R4/search.html#date */
import { addressDate, dateRange, EARLIEST, LATEST } from '../../fhir/dates.ts'
import type { InstantRange } from '../../fhir/dates.ts'
import { refuse } from '../../fhir/outcome.ts'
import { COMPARE, splitPrefix } from '../prefix.ts'
import type { Prefix } from '../prefix.ts'
import { MISSING } from '../type.ts'
import type { SearchType } from '../type.ts'

/** The half-open range of instants [start, end), ms since 1970. */
export type DateEntry = { readonly kind: 'date'; readonly param: string; readonly start: number; readonly end: number }

/** The searched range [start, end). */
export type DateFilter = {
  readonly op: 'date'
  readonly param: string
  readonly prefix: Prefix
  readonly start: number
  readonly end: number
}

/** `ap` widens the searched range by this part of its distance from now, as R4 recommends. */
const APPROXIMATION = 0.1

export const date: SearchType<DateEntry, DateFilter> = {
  modifiers: [MISSING],
  sortKeyType: 'number',

  entries(value, { code: param }, { timeZone }) {
    const range = rangeOf(value, timeZone)
    return range ? [{ kind: 'date', param, ...range }] : []
  },

  filter: ({ code: param }, _modifier, text, { timeZone, now }) => ({
    op: 'date',
    param,
    ...searchedRange(param, text, timeZone, now),
  }),

  matches: (entry, filter) => COMPARE[filter.prefix](filter, entry),

  sortKey: ({ start }) => start,
}

/** A searched date with its prefix. @throws OutcomeError `invalid-parameter` */
export function searchedRange(
  param: string,
  text: string,
  timeZone: string,
  now: number,
): InstantRange & { readonly prefix: Prefix } {
  const { prefix, value } = splitPrefix(text)
  const range = dateRange(addressDate(value), timeZone)
  if (!range) {
    const forms = '`2026`, `2026-03`, `2026-03-31`, `2026-03-31T09:30` or `2026-03-31T09:30:00-06:00`'
    throw refuse(
      'invalid-parameter',
      `The value \`${text}\` of \`${param}\` is not a date; write ${forms}, optionally with a prefix such as \`ge\`.`,
    )
  }
  return { prefix, ...(prefix === 'ap' ? widened(range, now) : range) }
}

function widened({ start, end }: InstantRange, now: number): InstantRange {
  const distance = Math.max(0, start - now, now - end)
  const margin = Math.round(distance * APPROXIMATION)
  return { start: start - margin, end: end + margin }
}

type TimeElement = { start?: unknown; end?: unknown; event?: unknown; repeat?: { boundsPeriod?: unknown } }

/** The range of a date, dateTime, instant, Period or Timing; of a Timing only the outer limits count. */
function rangeOf(value: unknown, timeZone: string): InstantRange | undefined {
  if (typeof value === 'string') return dateRange(value, timeZone)
  if (typeof value !== 'object' || value === null) return undefined
  const { start, end, event, repeat } = value as TimeElement
  if (start === undefined && end === undefined) return outerRange([event, repeat?.boundsPeriod].flat(), timeZone)
  const first = limit(start, timeZone, { start: EARLIEST, end: EARLIEST })
  const last = limit(end, timeZone, { start: LATEST, end: LATEST })
  return first && last && { start: first.start, end: last.end }
}

/** An absent limit is open; with a limit that is not a real date the whole value gives no entry. */
function limit(value: unknown, timeZone: string, open: InstantRange): InstantRange | undefined {
  if (value === undefined) return open
  return typeof value === 'string' ? dateRange(value, timeZone) : undefined
}

function outerRange(values: readonly unknown[], timeZone: string): InstantRange | undefined {
  const ranges = values.map((value) => rangeOf(value, timeZone)).filter((range) => range !== undefined)
  if (ranges.length === 0) return undefined
  return { start: Math.min(...ranges.map((range) => range.start)), end: Math.max(...ranges.map((range) => range.end)) }
}
