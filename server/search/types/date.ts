/** Dates, instants, periods and timings as ranges. https://hl7.org/fhir/R4/search.html#date */
import { dateRange, EARLIEST, LATEST } from '../../fhir/dates.ts'
import type { Range } from '../../fhir/dates.ts'
import { refuse } from '../../fhir/outcome.ts'
import type { IndexEntry, Prefix } from '../query.ts'
import { MISSING } from '../type.ts'
import type { SearchType } from '../type.ts'

const PREFIXED = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)$/s

/** A `+` that was not percent-encoded arrives as a space. */
const LOST_PLUS = /(?<=T[\d:.]+) (?=\d\d:\d\d$)/

/** `ap` widens the asked range by this part of its distance from now. https://hl7.org/fhir/R4/search.html#prefix */
const ABOUT = 0.1

export const date: SearchType = {
  modifiers: [MISSING],

  entries(value, param, { timeZone }) {
    const range = rangeOf(value, timeZone)
    return range ? [{ kind: 'date', param, ...range } satisfies IndexEntry] : []
  },

  filter: ({ code: param }, _modifier, text, { timeZone, now }) => ({
    op: 'date',
    param,
    ...searchedRange(param, text, timeZone, now),
  }),
}

/** A searched date with its prefix. @throws OutcomeError `invalid-parameter` */
export function searchedRange(
  param: string,
  text: string,
  timeZone: string,
  now: number,
): Range & { readonly prefix: Prefix } {
  const [, prefix = 'eq', day = ''] = PREFIXED.exec(text) ?? []
  const range = dateRange(day.replace(LOST_PLUS, '+'), timeZone)
  if (!range) {
    const forms = '`2026`, `2026-03`, `2026-03-31`, `2026-03-31T09:30` or `2026-03-31T09:30:00-06:00`'
    throw refuse(
      'invalid-parameter',
      `The value \`${text}\` of \`${param}\` is no date; write ${forms}, after a prefix such as \`ge\` if you like.`,
    )
  }
  return { prefix: prefix as Prefix, ...(prefix === 'ap' ? widened(range, now) : range) }
}

function widened({ start, end }: Range, now: number): Range {
  const distance = Math.max(0, start - now, now - end)
  const more = Math.round(distance * ABOUT)
  return { start: start - more, end: end + more }
}

type Timed = { start?: unknown; end?: unknown; event?: unknown; repeat?: { boundsPeriod?: unknown } }

/** The range of a date of any type; of a Timing only the outer limits count. */
function rangeOf(value: unknown, timeZone: string): Range | undefined {
  if (typeof value === 'string') return dateRange(value, timeZone)
  if (typeof value !== 'object' || value === null) return undefined
  const { start, end, event, repeat } = value as Timed
  if (start === undefined && end === undefined) return outer([event, repeat?.boundsPeriod].flat(), timeZone)
  const first = limit(start, timeZone, { start: EARLIEST, end: EARLIEST })
  const last = limit(end, timeZone, { start: LATEST, end: LATEST })
  return first && last && { start: first.start, end: last.end }
}

/** An absent limit is open; one that is no real date makes the whole unreadable. */
function limit(value: unknown, timeZone: string, open: Range): Range | undefined {
  if (value === undefined) return open
  return typeof value === 'string' ? dateRange(value, timeZone) : undefined
}

function outer(values: readonly unknown[], timeZone: string): Range | undefined {
  const ranges = values.map((value) => rangeOf(value, timeZone)).filter((range) => range !== undefined)
  if (ranges.length === 0) return undefined
  return { start: Math.min(...ranges.map((range) => range.start)), end: Math.max(...ranges.map((range) => range.end)) }
}
