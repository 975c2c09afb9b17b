/**
 * Working days: deadlines such as "first contact within 2 working days" are counted in the hub's time zone, without
 * weekends and the holidays of the state.
 */
import { instantAt, localTime } from '../../fhir/zone.ts'
import { dayText, holidaysOf, weekdayOf, type HolidayRules } from './holidays.ts'

export type Calendar = {
  /** Do the agencies of the state work on this day (`2026-11-27`)? */
  isWorkingDay(day: string): boolean
  /**
   * The instant (ms) that is so many working days after an instant, at the same time of day. The day of the instant does
   * not count, so from a Friday one working day leads to Monday. At most MOST_DAYS are counted.
   */
  workingDaysAfter(at: number, days: number): number
  /**
   * The working day (`2026-11-27`) on which a FHIR dateTime falls in the hub's time zone; undefined where nobody works on
   * it, or where the text names no day.
   */
  workingDayOf(text: string): string | undefined
}

const DAY = 86_400_000
const DATE = /^\d{4}-\d\d-\d\d$/

/** Ten years of working days: a longer deadline ends there. */
export const MOST_DAYS = 2_600

/** @param timeZone IANA name of the zone in which days begin and end */
export function createCalendar({ weekend, yearly, closed, open }: HolidayRules, timeZone: string): Calendar {
  const years = new Map<string, ReadonlySet<string>>()
  const [closedDays, openDays] = [closed, open].map((list) => new Set(list.map(({ date }) => date))) as [
    Set<string>,
    Set<string>,
  ]
  /** A holiday at the turn of the year may be observed in the year before or after it. */
  const holidaysIn = (year: string): ReadonlySet<string> => {
    const cached = years.get(year)
    if (cached !== undefined) return cached
    const made = new Set([-1, 0, 1].flatMap((step) => holidaysOf(Number(year) + step, yearly)))
    years.set(year, made)
    return made
  }
  const isWorking = (midnight: number): boolean => {
    const day = dayText(midnight)
    if (openDays.has(day)) return true
    return !weekend.includes(weekdayOf(midnight)) && !closedDays.has(day) && !holidaysIn(day.slice(0, 4)).has(day)
  }
  return {
    workingDayOf(text) {
      const isDay = DATE.test(text)
      const at = Date.parse(isDay ? `${text}T00:00:00Z` : text)
      if (Number.isNaN(at) || (!isDay && !text.includes('T'))) return undefined
      const local = isDay ? at : localTime(at, timeZone)
      const midnight = local - (((local % DAY) + DAY) % DAY)
      return isWorking(midnight) ? dayText(midnight) : undefined
    },
    isWorkingDay: (day) => isWorking(Date.parse(`${day}T00:00:00Z`)),
    workingDaysAfter(at, days) {
      const local = localTime(at, timeZone)
      const timeOfDay = ((local % DAY) + DAY) % DAY
      let midnight = local - timeOfDay
      for (let left = Math.min(days, MOST_DAYS); left > 0;) {
        midnight += DAY
        if (isWorking(midnight)) left -= 1
      }
      return instantAt(midnight + timeOfDay, timeZone)
    },
  }
}
