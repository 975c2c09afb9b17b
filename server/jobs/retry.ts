/**
 * When to try again: a schedule of waits, spread by chance so that many deliveries do not come back together.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#reliability
 */

/** A wait is up to this share longer or shorter. */
const JITTER = 0.2

/**
 * Milliseconds to wait after so many failures in a row (1, 2, ...); undefined when the schedule is exhausted.
 * `schedule` holds the waits in seconds after the first, second, ... failure; `random` is in [0, 1). `retryAfter` (ms) is
 * the Retry-After of the endpoint: followed between one and two times the scheduled wait, so that nobody can hold up a
 * delivery for long.
 */
export function waitAfter(
  failures: number,
  schedule: readonly number[],
  random: number,
  retryAfter?: number,
): number | undefined {
  const seconds = schedule[failures - 1]
  if (seconds === undefined) return undefined
  const wait = seconds * 1000
  if (retryAfter !== undefined) return Math.min(Math.max(retryAfter, wait), 2 * wait)
  return Math.round(wait * (1 - JITTER + 2 * JITTER * random))
}

/** Retry-After as milliseconds from now: seconds, or a date. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
export function parseRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
