/**
 * When to try again: a schedule of waits, spread by chance so that many lanes do not come back together.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#reliability
 */

/** A wait is up to this share longer or shorter. */
const JITTER = 0.2

/**
 * Milliseconds to wait after so many failures in a row (1, 2, ...); undefined when the schedule is exhausted.
 * `schedule` holds the waits in seconds after the first, second, ... failure; `random` is in [0, 1). `asked` (ms) is what
 * the other side asked for by Retry-After: heard between one and two times the scheduled wait, so that nobody can park
 * a lane.
 */
export function waitAfter(
  failures: number,
  schedule: readonly number[],
  random: number,
  asked?: number,
): number | undefined {
  const seconds = schedule[failures - 1]
  if (seconds === undefined) return undefined
  const wait = seconds * 1000
  if (asked !== undefined) return Math.min(Math.max(asked, wait), 2 * wait)
  return Math.round(wait * (1 - JITTER + 2 * JITTER * random))
}

/** Retry-After as milliseconds from now: seconds, or a date. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
export function parseRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
