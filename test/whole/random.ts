/** Seeded choices, so that a failure can be seen again: the seed is printed with it. */

export type Random = {
  /** From 0 up to, but not, 1. */
  next(): number
  /** A whole number from 0 up to, but not, `below`. */
  below(below: number): number
  pick<T>(list: readonly T[]): T
  chance(part: number): boolean
}

/** https://en.wikipedia.org/wiki/Linear_congruential_generator would show patterns; this is mulberry32. */
export function random(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return { next, below, pick: (list) => list[below(list.length)]!, chance: (part) => next() < part }
}
