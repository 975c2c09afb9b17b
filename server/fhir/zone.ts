/** Local time: from an instant to the wall-clock time of a zone, and back. https://www.iana.org/time-zones */

const DAY = 86_400_000
const HOUR = 3_600_000

/** The last instant that JavaScript has. */
const LAST = 8_640_000_000_000_000

/** Intl has no years before 1 without an era, and zones had one offset then. */
const FIRST = new Date(0).setUTCFullYear(1, 0, 2)

type Zone = { readonly offset: (at: number) => number; readonly midnights: Map<number, number> }

/** Cached, because a formatter takes a millisecond to make; its results never change. */
const zones = new Map<string, Zone>()

/** Beyond this many days the table of midnights starts anew. */
const MIDNIGHTS = 4096

/** The local time at an instant, as the ms that UTC would have then. Unknown zones throw a RangeError. */
export const localTime = (at: number, timeZone: string): number => at + zone(timeZone).offset(at)

/**
 * The instant of a local time (ms as if it were UTC). A time that occurs twice (clocks go back) is the first of the
 * two; one that is skipped is as much later as was skipped, so that a day always begins where the day before ends.
 */
export function instantAt(local: number, timeZone: string): number {
  if (timeZone === 'UTC') return local
  const { midnights, offset } = zone(timeZone)
  if (local % DAY !== 0) return resolve(local, offset)
  const cached = midnights.get(local)
  if (cached !== undefined) return cached
  if (midnights.size >= MIDNIGHTS) midnights.clear()
  const at = resolve(local, offset)
  midnights.set(local, at)
  return at
}

/** The two offsets around a time are the only ones it can have: zones do not change twice in two days. */
function resolve(local: number, offset: Zone['offset']): number {
  const before = local - offset(local - DAY)
  const after = local - offset(local + DAY)
  const real = [before, after].filter((at) => at + offset(at) === local)
  return real.length > 0 ? Math.min(...real) : Math.max(before, after)
}

function zone(timeZone: string): Zone {
  const cached = zones.get(timeZone)
  if (cached) return cached
  const made = { offset: offsets(timeZone), midnights: new Map<number, number>() }
  zones.set(timeZone, made)
  return made
}

function offsets(timeZone: string): (at: number) => number {
  if (timeZone === 'UTC') return () => 0
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const offsetAt = (at: number): number => {
    const whole = Math.max(Math.floor(at / 1000) * 1000, FIRST)
    const part: { [type: string]: number } = {}
    for (const { type, value } of format.formatToParts(whole)) part[type] = Number(value)
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
    return new Date(0).setUTCFullYear(year, month - 1, day) + (hour * 3600 + minute * 60 + second) * 1000 - whole
  }
  return withinHours(offsetAt)
}

/** Hours of which the offset is kept, at most. */
const HOURS = 4096

/** An hour that begins and ends with the same offset has it throughout: no zone changes twice within an hour. */
function withinHours(offsetAt: (at: number) => number): (at: number) => number {
  const constant = new Map<number, number | undefined>()
  const offsetOf = (hour: number): number | undefined => {
    const [first, last] = [offsetAt(hour * HOUR), offsetAt(Math.min((hour + 1) * HOUR - 1, LAST))]
    return first === last ? first : undefined
  }
  return (at) => {
    const hour = Math.floor(at / HOUR)
    if (!constant.has(hour)) {
      if (constant.size >= HOURS) constant.clear()
      constant.set(hour, offsetOf(hour))
    }
    return constant.get(hour) ?? offsetAt(at)
  }
}
