/**
 * Time and new ids, handed to whoever needs them, so that tests decide both.
 * Ids are FHIR ids (https://hl7.org/fhir/R4/datatypes.html#id): 26 lower-case letters and digits, sorted by creation.
 */
import { randomBytes } from 'node:crypto'

export type Clock = {
  /** Milliseconds since 1970. */
  now(): number
  /** A new id, never given out before; later ones sort after earlier ones of this process. */
  newId(): string
}

/** Crockford's base 32, lower case: no i, l, o, u. https://www.crockford.com/base32.html */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz'
const TIME_DIGITS = 10
const RANDOM_DIGITS = 16

/**
 * A clock over `now` (default: the machine's). An id is 10 digits of time and 16 random ones; within one
 * millisecond the random part counts upward, so that the order holds.
 */
export function createClock(now: () => number = Date.now): Clock {
  let time = -1
  let tail: number[] = []
  return {
    now,
    newId() {
      const instant = now()
      const moved = instant > time
      time = Math.max(instant, time)
      tail = moved ? randomTail() : next(tail)
      let id = timeText(time)
      for (const digit of tail) id += DIGITS.charAt(digit)
      return id
    },
  }
}

function timeText(instant: number): string {
  let text = ''
  let rest = instant
  for (let i = 0; i < TIME_DIGITS; i += 1) {
    text = DIGITS.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  return text
}

/** Random bytes are made for many ids at once: each call of the generator costs more than the bytes. */
function createRandomBytes(): (length: number) => Uint8Array {
  let pool = new Uint8Array()
  return (length) => {
    if (pool.length < length) pool = randomBytes(256 * length)
    const bytes = pool.subarray(0, length)
    pool = pool.subarray(length)
    return bytes
  }
}

const nextBytes = createRandomBytes()

/** The first digit starts below 16, so that counting upward cannot run out within a millisecond. */
function randomTail(): number[] {
  const digits: number[] = []
  for (const byte of nextBytes(RANDOM_DIGITS)) digits.push(byte % 32)
  digits[0] = (digits[0] ?? 0) % 16
  return digits
}

function next(digits: readonly number[]): number[] {
  const counted = [...digits]
  for (let i = counted.length - 1; i >= 0; i -= 1) {
    const digit = counted[i] ?? 0
    counted[i] = (digit + 1) % 32
    if (digit < 31) break
  }
  return counted
}
