/**
 * Dates of FHIR: are they real, and which range of instants do they name.
 * https://hl7.org/fhir/R4/datatypes.html#date and https://hl7.org/fhir/R4/search.html#date
 */
import { instantAt, localTime } from './zone.ts'

/** A half-open range of instants [start, end), ms since 1970. */
export type InstantRange = { readonly start: number; readonly end: number }

/** The first and the last instant that JavaScript knows: the open ends of a Period. */
export const EARLIEST = -8_640_000_000_000_000
export const LATEST = 8_640_000_000_000_000

// Without names of groups, which make the reading of a date twice as slow.
const DATE = String.raw`(\d{4})(?:-(\d\d)(?:-(\d\d))?)?`
const TIME = String.raw`(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?`
const ZONE = String.raw`(Z|[+-]\d\d:\d\d)`
const FORM = new RegExp(`^${DATE}(?:T${TIME}${ZONE}?)?$`)
const TIME_FORM = new RegExp(`^${TIME}$`)

/** A date as an address gives it: the `+` of a zone that was not percent-encoded arrives there as a space. */
export const addressDate = (text: string): string => text.replace(LOST_PLUS, '+')

const LOST_PLUS = /(?<=T[\d:.]+) (?=\d\d:\d\d$)/

type DateParts = {
  readonly year?: string | undefined
  readonly month?: string | undefined
  readonly day?: string | undefined
  readonly hour?: string | undefined
  readonly minute?: string | undefined
  readonly second?: string | undefined
  readonly fraction?: string | undefined
  readonly zone?: string | undefined
}

/**
 * The instants that a date, dateTime, instant or searched date names: a day lasts until the next day begins, a minute
 * until the next minute. What names no zone is meant in `timeZone` (IANA name).
 * Undefined when the text is not a real date (`2023-02-29`).
 */
export function dateRange(text: string, timeZone: string): InstantRange | undefined {
  const parts = read(text)
  if (!parts) return undefined
  const year = Number(parts.year)
  const month = Number(parts.month ?? 1)
  const day = Number(parts.day ?? 1)
  if (parts.hour !== undefined) return timeRange(utc(year, month, day), parts, timeZone)
  const next = parts.day ? utc(year, month, day + 1) : parts.month ? utc(year, month + 1, 1) : utc(year + 1, 1, 1)
  return { start: instantAt(utc(year, month, day), timeZone), end: instantAt(next, timeZone) }
}

function timeRange(midnight: number, parts: DateParts, timeZone: string): InstantRange {
  const fraction = (parts.fraction ?? '').slice(0, 3)
  const clock = Number(parts.hour) * 3_600_000 + Number(parts.minute) * 60_000 + Number(parts.second ?? 0) * 1000
  const local = midnight + clock + Number(fraction.padEnd(3, '0'))
  const start = parts.zone === undefined ? instantAt(local, timeZone) : local - offset(parts.zone)
  const length = parts.second === undefined ? 60_000 : 10 ** (3 - fraction.length)
  return { start, end: start + length }
}

/** `+05:30` in ms. */
function offset(zone: string): number {
  if (zone === 'Z') return 0
  const size = Number(zone.slice(1, 3)) * 3_600_000 + Number(zone.slice(4)) * 60_000
  return zone.startsWith('-') ? -size : size
}

/** Date.UTC, but the years 0 to 99 mean themselves. Months count from 1; months and days may overflow. */
function utc(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day)
}

function read(text: string): DateParts | undefined {
  const found = FORM.exec(text)
  if (!found) return undefined
  const [, year, month, day, hour, minute, second, fraction, zone] = found
  const parts = { year, month, day, hour, minute, second, fraction, zone }
  return realDay(parts) && realTime(parts) ? parts : undefined
}

function realDay(parts: DateParts): boolean {
  const [year, month, day] = [Number(parts.year), Number(parts.month ?? 1), Number(parts.day ?? 1)]
  if (year < 1 || month < 1 || month > 12 || day < 1) return false
  if (parts.hour !== undefined && parts.day === undefined) return false
  return day <= 28 || new Date(utc(year, month, day)).getUTCDate() === day
}

/** Second 60 is a leap second; the zone ends at +14:00 and -14:00; there is no 24:00. */
function realTime({ hour = '0', minute = '0', second = '0', zone = 'Z' }: DateParts): boolean {
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return false
  if (zone === 'Z') return true
  return zone.slice(1) === '14:00' || (Number(zone.slice(1, 3)) < 14 && Number(zone.slice(4)) < 60)
}

/** Is it a `date`: a real year, month or day? */
export function isDate(text: string): boolean {
  return text.length >= 4 && dayLength(text) === text.length
}

/** Is it a `dateTime`: a real date, or one with a time to the second and a zone? */
export function isDateTime(text: string): boolean {
  return isDate(text) || isInstant(text)
}

/** Is it an `instant`: a real time to the second with a zone? */
export function isInstant(text: string): boolean {
  if (text.charCodeAt(10) !== T || dayLength(text) !== 10) return false
  const hour = digits(text, 11)
  const minute = digits(text, 14)
  const second = digits(text, 17)
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON) return false
  if (hour > 23 || minute > 59 || second > 60 || hour < 0 || minute < 0 || second < 0) return false
  let at = 19
  if (text.charCodeAt(at) === DOT) {
    at += 1
    while (isDigit(text.charCodeAt(at))) at += 1
    if (at === 20) return false
  }
  return isZone(text, at)
}

const [DASH, DOT, ZERO, COLON, PLUS, T, Z] = [45, 46, 48, 58, 43, 84, 90]

const isDigit = (code: number): boolean => code >= ZERO && code < ZERO + 10

/** The number that two digits are; below 0 when they are none. */
function digits(text: string, at: number): number {
  const one = text.charCodeAt(at)
  const other = text.charCodeAt(at + 1)
  return isDigit(one) && isDigit(other) ? (one - ZERO) * 10 + other - ZERO : -1
}

/** How much of the text is a real year, month or day: 4, 7 or 10 characters; 0 when it begins with none. */
function dayLength(text: string): number {
  const century = digits(text, 0)
  const years = digits(text, 2)
  const year = century * 100 + years
  if (century < 0 || years < 0 || year < 1) return 0
  if (text.charCodeAt(4) !== DASH) return 4
  const month = digits(text, 5)
  if (month < 1 || month > 12) return 0
  if (text.charCodeAt(7) !== DASH) return 7
  const day = digits(text, 8)
  return day >= 1 && (day <= 28 || new Date(utc(year, month, day)).getUTCDate() === day) ? 10 : 0
}

/** The zone ends the text: `Z`, or up to 14:00 either way. */
function isZone(text: string, at: number): boolean {
  const sign = text.charCodeAt(at)
  if (sign === Z) return text.length === at + 1
  if ((sign !== PLUS && sign !== DASH) || text.length !== at + 6 || text.charCodeAt(at + 3) !== COLON) return false
  const hour = digits(text, at + 1)
  const minute = digits(text, at + 4)
  return hour >= 0 && minute >= 0 && minute <= 59 && (hour < 14 || (hour === 14 && minute === 0))
}

/** Is it a `time`: a real time to the second, without a zone? */
export function isTime(text: string): boolean {
  const [, hour, minute, second] = TIME_FORM.exec(text) ?? []
  return second !== undefined && realTime({ hour, minute, second })
}

/** An instant as FHIR writes it, in UTC with milliseconds. */
export const formatInstant = (at: number): string => new Date(at).toISOString()

/** The day (`2026-03-31`) that an instant belongs to in a time zone. */
export function dayOf(at: number, timeZone: string): string {
  const text = formatInstant(localTime(at, timeZone))
  return text.slice(0, text.indexOf('T'))
}
