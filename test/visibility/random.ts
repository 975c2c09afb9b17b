/** Choices that a seed decides. */
export type SeededRandom = {
  /** A whole number in [0, limit). */
  below(limit: number): number
  one<T>(list: readonly T[]): T
  /** True in so many of a hundred. */
  percent(chance: number): boolean
}

/** mulberry32: small, and the same everywhere. */
export function createRandom(seed: number): SeededRandom {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return { below, one: (list) => list[below(list.length)]!, percent: (chance) => below(100) < chance }
}
