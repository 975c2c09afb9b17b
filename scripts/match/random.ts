/** A seeded source of random choices: the same seed gives the same population. */
export type Choices = {
  /** A number from 0 (included) to 1. */
  next(): number
  below(limit: number): number
  one<T>(list: readonly T[]): T
  /** True in so many of a hundred cases. */
  percent(chance: number): boolean
}

/** Mulberry32. https://github.com/cprosche/mulberry32 */
export function seeded(seed: number): Choices {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return { next, below, one: (list) => list[below(list.length)]!, percent: (chance) => next() * 100 < chance }
}
