/** Choices that look random and are the same for the same seeds, so that a failure, or a population, can be made again. */

export type Random = {
  /** From 0 up to, not including, 1. */
  next(): number
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number
  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T
  /** The list in another order. */
  shuffle<T>(list: readonly T[]): readonly T[]
  /** True in `share` of the cases (0 to 1). */
  chance(share: number): boolean
  /** True in so many of a hundred cases. */
  percent(cases: number): boolean
}

/** All seeds together determine the sequence: mulberry32. https://github.com/cprosche/mulberry32 */
export function createRandom(...seeds: readonly number[]): Random {
  let state = stateOf(seeds)
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    next,
    below,
    pick: (list) => {
      if (list.length === 0) throw new Error('There is nothing to pick from.')
      return list[below(list.length)]!
    },
    shuffle: (list) => {
      const copy = [...list]
      for (let last = copy.length - 1; last > 0; last -= 1) {
        const other = below(last + 1)
        ;[copy[last], copy[other]] = [copy[other]!, copy[last]!]
      }
      return copy
    },
    chance: (share) => next() < share,
    percent: (cases) => next() * 100 < cases,
  }
}

/** One seed is the state; several are mixed. */
function stateOf(seeds: readonly number[]): number {
  const [only = 0] = seeds
  if (seeds.length < 2) return only >>> 0
  return seeds.reduce((hash, seed) => Math.imul(hash ^ seed, 0x9e3779b1) ^ (hash >>> 15), 0x2545f491) >>> 0
}
