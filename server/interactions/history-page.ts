/** The parameters of a history, and the state of its pages. https://hl7.org/fhir/R4/http.html#history */
import { addressDate, dateRange, EARLIEST, LATEST, type InstantRange } from '../fhir/dates.ts'
import { refuse } from '../fhir/outcome.ts'
import { DEFAULT_COUNT, readCount } from '../search/controls.ts'
import type { SearchLimits } from '../search/limits.ts'
import type { HistoryPosition } from '../store/store.ts'
import type { Call } from './call.ts'

/**
 * - newest: `-_lastUpdated`, the newest versions first, as R4 has it.
 * - oldest: `_lastUpdated`, the oldest first, up to the last one of when the first page was read.
 * - feed: `none`, the oldest first, without an end: the `next` link of the last page shows later what was written since.
 */
export type HistoryOrder = 'newest' | 'oldest' | 'feed'

export type HistoryParameters = {
  readonly count: number
  readonly order: HistoryOrder
  readonly since?: number
  readonly before?: number
  readonly currentIn?: InstantRange
  readonly total: boolean
  readonly cursor?: string
}

/** Where a page begins or, with `back`, ends; without a position: the first page. `upTo`: the last sequence that is shown. */
export type HistoryState = {
  readonly at?: HistoryPosition
  readonly back?: true
  readonly upTo?: number
}

const ORDERS: Readonly<Record<string, HistoryOrder>> = {
  '-_lastUpdated': 'newest',
  _lastUpdated: 'oldest',
  none: 'feed',
}

const TOTALS: Readonly<Record<string, boolean>> = { none: false, accurate: true, estimate: true }

type HistoryContext = { readonly timeZone: string; readonly limits: SearchLimits }

type Reader = (value: string, before: HistoryParameters, context: HistoryContext) => Partial<HistoryParameters>

const READERS: Readonly<Record<string, Reader>> = {
  _count: (value, _before, { limits }) => ({ count: readCount(value, limits, 'versions') }),
  _since: (value, _before, { timeZone }) => ({ since: rangeOf('_since', value, timeZone).start }),
  _before: (value, _before, { timeZone }) => ({ before: rangeOf('_before', value, timeZone).start }),
  _at: (value, { currentIn }, { timeZone }) => ({ currentIn: both(currentIn, periodOf(value, timeZone)) }),
  _sort: (value) => ({ order: choose('_sort', value, ORDERS) }),
  _total: (value) => ({ total: choose('_total', value, TOTALS) }),
  _cursor: (cursor) => ({ cursor }),
  // Which part of the resources: subset.ts.
  _elements: () => ({}),
  _summary: () => ({}),
  // Read by the HTTP layer, but not in a Bundle.
  _format: () => ({}),
  _pretty: () => ({}),
}

/** Two of them are the ends of a period. */
const MOST_TIMES: Readonly<Record<string, number>> = { _at: 2, _elements: 9 }

/**
 * Reads the parameters of a history. `total`: is it counted where the call does not say so?
 * @throws OutcomeError `unknown-parameter`, `invalid-parameter`
 */
export function readHistoryParameters(
  params: Call['params'],
  total: boolean,
  context: HistoryContext,
): HistoryParameters {
  const times = new Map<string, number>()
  return params.reduce<HistoryParameters>(
    (before, [name, value]) => {
      const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined
      if (!reader) throw unknown(name)
      times.set(name, (times.get(name) ?? 0) + 1)
      if (times.get(name)! > (MOST_TIMES[name] ?? 1))
        throw refuse('invalid-parameter', `The parameter \`${name}\` was sent too often; send it once.`)
      return { ...before, ...reader(value, before, context) }
    },
    { count: Math.min(DEFAULT_COUNT, context.limits.count), order: 'newest', total },
  )
}

function unknown(name: string) {
  const taken = Object.keys(READERS).filter((one) => !['_cursor', '_format', '_pretty'].includes(one))
  const list =
    name === '_list'
      ? ' A history by a list is not offered: search with `_list`, and read the history of each record.'
      : ''
  return refuse('unknown-parameter', `\`${name}\` is not a parameter of history; it takes ${taken.join(', ')}.${list}`)
}

function choose<T>(name: string, value: string, choices: Readonly<Record<string, T>>): T {
  const choice = Object.hasOwn(choices, value) ? choices[value] : undefined
  if (choice !== undefined) return choice
  throw refuse(
    'invalid-parameter',
    `\`${name}\` is \`${value}\`; a history takes ${Object.keys(choices)
      .map((one) => `\`${one}\``)
      .join(', ')}.`,
  )
}

function rangeOf(name: string, value: string, timeZone: string): InstantRange {
  const range = dateRange(addressDate(value), timeZone)
  if (range) return range
  throw refuse('invalid-parameter', `\`${name}\` is \`${value}\`; send an instant such as \`2026-11-24T05:00:00Z\`.`)
}

/** What each prefix of `_at` makes of the range of its date. https://hl7.org/fhir/R4/search.html#prefix */
const PERIODS: Readonly<Record<string, (range: InstantRange) => InstantRange>> = {
  eq: (range) => range,
  ge: ({ start }) => ({ start, end: LATEST }),
  gt: ({ end }) => ({ start: end, end: LATEST }),
  sa: ({ end }) => ({ start: end, end: LATEST }),
  le: ({ end }) => ({ start: EARLIEST, end }),
  lt: ({ start }) => ({ start: EARLIEST, end: start }),
  eb: ({ start }) => ({ start: EARLIEST, end: start }),
}

/** The period of `_at`: a date, or one end of a period by a prefix. */
function periodOf(value: string, timeZone: string): InstantRange {
  const [, prefix = 'eq', date = ''] = /^([a-z]{2})?(.*)$/s.exec(value) ?? []
  const period = Object.hasOwn(PERIODS, prefix) ? PERIODS[prefix] : undefined
  const range = dateRange(addressDate(date), timeZone)
  if (period && range) return period(range)
  throw refuse(
    'invalid-parameter',
    `\`_at\` is \`${value}\`; send a date or a time such as \`2026-11-24\`, or the two ends of a period as \`_at=ge2026-11-01&_at=lt2026-12-01\`.`,
  )
}

const both = (one: InstantRange | undefined, other: InstantRange): InstantRange =>
  one ? { start: Math.max(one.start, other.start), end: Math.min(one.end, other.end) } : other
