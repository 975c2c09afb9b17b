/** The holidays of a state as data (capability/rules/holidays.json), and the days of a year that they close. */

export const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const

export type Weekday = (typeof WEEKDAYS)[number]

/** A holiday of every year: on a date, or on the nth such weekday of a month (`-1`: the last). */
export type YearlyHoliday = {
  readonly name: string
  /** 1 to 12. */
  readonly month: number
  readonly day?: number
  readonly weekday?: Weekday
  readonly nth?: number
  /** By how many days the holiday moves when it falls on that weekday. */
  readonly observed?: { readonly [weekday in Weekday]?: number }
}

/** A single day, as `2026-12-24`. */
export type SingleDay = { readonly date: string; readonly name: string }

export type HolidayRules = {
  readonly weekend: readonly Weekday[]
  readonly yearly: readonly YearlyHoliday[]
  readonly closed: readonly SingleDay[]
  readonly open: readonly SingleDay[]
}

/**
 * Checks holiday rules that were read from a file.
 * @throws Error that names the entry and what is wrong with it
 */
export function checkHolidays(rules: HolidayRules): HolidayRules {
  const { weekend, yearly, closed, open } = rules
  for (const [name, list] of Object.entries({ weekend, yearly, closed, open }))
    if (!Array.isArray(list)) throw new Error(`holidays.json: \`${name}\` must be a list.`)
  for (const day of weekend)
    if (!WEEKDAYS.includes(day))
      throw new Error(`holidays.json: \`weekend\` has \`${day}\`; it takes ${WEEKDAYS.join(', ')}.`)
  if (WEEKDAYS.every((day) => weekend.includes(day)))
    throw new Error('holidays.json: `weekend` names every day of the week; leave at least one to work on.')
  yearly.forEach(checkYearly)
  for (const { date, name } of [...closed, ...open])
    if (!isRealDay(date))
      throw new Error(`holidays.json: \`${name}\` is on \`${date}\`, which is not a day (YYYY-MM-DD).`)
  return rules
}

function checkYearly({ name, month, day, weekday, nth, observed = {} }: YearlyHoliday): void {
  const byDate = day !== undefined && weekday === undefined && nth === undefined
  const byWeekday = day === undefined && weekday !== undefined && nth !== undefined
  if (!byDate && !byWeekday)
    throw new Error(`holidays.json: \`${name}\` needs either \`day\`, or \`weekday\` and \`nth\`.`)
  if (!isWhole(month, 1, 12))
    throw new Error(`holidays.json: \`${name}\` has the month \`${month}\`; it takes 1 to 12.`)
  if (byDate && !isWhole(day, 1, new Date(Date.UTC(2024, month, 0)).getUTCDate()))
    throw new Error(`holidays.json: \`${name}\` is on day \`${day}\`, which month ${month} does not have.`)
  if (byWeekday && (!WEEKDAYS.includes(weekday) || !(nth === -1 || isWhole(nth, 1, 4))))
    throw new Error(`holidays.json: \`${name}\` is on the \`${nth}\`. \`${weekday}\`; \`nth\` takes 1 to 4 or -1.`)
  for (const [on, days] of Object.entries(observed))
    if (!WEEKDAYS.includes(on as Weekday) || !isWhole(days, -6, 6))
      throw new Error(`holidays.json: \`observed\` of \`${name}\` has \`${on}\`: \`${days}\`; it takes -6 to 6 days.`)
}

const isWhole = (value: unknown, least: number, most: number): value is number =>
  Number.isInteger(value) && Number(value) >= least && Number(value) <= most

function isRealDay(text: string): boolean {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}

/** The days (`2026-07-04`) that the yearly holidays close in a year, moved to where they are observed. */
export function holidaysOf(year: number, yearly: readonly YearlyHoliday[]): readonly string[] {
  return yearly.flatMap((holiday) => {
    const at = holiday.day === undefined ? nthWeekday(year, holiday) : dateOf(year, holiday.month, holiday.day)
    if (at === undefined) return []
    const moved = holiday.observed?.[weekdayOf(at)] ?? 0
    return [dayText(at + moved * DAY)]
  })
}

const DAY = 86_400_000

/** Midnight UTC of a date; undefined where the year does not have it (February 29). */
function dateOf(year: number, month: number, day: number): number | undefined {
  const at = Date.UTC(year, month - 1, day)
  return new Date(at).getUTCMonth() === month - 1 ? at : undefined
}

function nthWeekday(year: number, { month, weekday = 'monday', nth = 1 }: YearlyHoliday): number {
  const index = WEEKDAYS.indexOf(weekday)
  if (nth > 0) {
    const first = Date.UTC(year, month - 1, 1)
    const ahead = (index - new Date(first).getUTCDay() + 7) % 7
    return first + (ahead + (nth - 1) * 7) * DAY
  }
  const last = Date.UTC(year, month, 0)
  return last - ((new Date(last).getUTCDay() - index + 7) % 7) * DAY
}

/** The weekday of midnight UTC. */
export const weekdayOf = (at: number): Weekday => WEEKDAYS[new Date(at).getUTCDay()] as Weekday

/** Midnight UTC as `2026-07-04`. */
export const dayText = (at: number): string => new Date(at).toISOString().slice(0, 10)
