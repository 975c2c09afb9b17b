/** The size of a JSON value, in values and characters, counted up to a limit. */

/** Many times the values of an ordinary resource: a check of fewer values takes a few milliseconds at most. */
const MAX_VALUES = 3000
/** This many characters count as one more value. */
export const CHARACTERS_PER_VALUE = 32

/** Is the resource so large that its check would block the event loop? */
export const isLarge = (value: unknown): boolean => valuesLeft(value, MAX_VALUES) < 0

/** What is left of so many values behind this one; negative: it has more. It counts no further. */
export function valuesLeft(value: unknown, left: number): number {
  if (typeof value === 'string') return left - 1 - value.length / CHARACTERS_PER_VALUE
  if (typeof value !== 'object' || value === null) return left - 1
  let still = left - 1
  // Not by `for in`, which makes a text of each index.
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && still >= 0; index += 1) still = valuesLeft(value[index], still)
    return still
  }
  for (const key in value) {
    still = valuesLeft((value as Record<string, unknown>)[key], still - key.length / CHARACTERS_PER_VALUE)
    if (still < 0) break
  }
  return still
}
