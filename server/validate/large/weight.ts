/** How much there is to check, counted no further than to a limit. */

/** Values of an ordinary resource, many times over; below it a check takes some milliseconds at most. */
const LIMIT = 3000
/** So many characters count as one value more. */
const TEXT = 32

/** Is it so large that nobody should wait for its check? */
export const isLarge = (value: unknown): boolean => rest(value, LIMIT) < 0

function rest(value: unknown, left: number): number {
  if (typeof value === 'string') return left - 1 - value.length / TEXT
  if (typeof value !== 'object' || value === null) return left - 1
  let still = left - 1
  for (const key in value) {
    still = rest((value as Record<string, unknown>)[key], still - key.length / TEXT)
    if (still < 0) break
  }
  return still
}
