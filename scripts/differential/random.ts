/** Numbers that look random and are the same for the same seed: mulberry32. */

export type Random = {
  /** From 0 up to, not including, `below`. */
  int(below: number): number
  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T
  /** The list in another order. */
  shuffle<T>(list: readonly T[]): readonly T[]
  /** True in `share` of the cases (0 to 1). */
  chance(share: number): boolean
}

/** All `seeds` together determine the sequence of numbers. */
export function createRandom(...seeds: readonly number[]): Random {
  let state = seeds.reduce((hash, seed) => Math.imul(hash ^ seed, 0x9e3779b1) ^ (hash >>> 15), 0x2545f491)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (below: number): number => Math.floor(next() * below)
  return {
    int,
    pick: (list) => {
      const [first] = list
      if (first === undefined) throw new Error('There is nothing to pick from.')
      return list[int(list.length)] ?? first
    },
    shuffle: (list) => {
      const copy = [...list]
      for (let last = copy.length - 1; last > 0; last--) {
        const other = int(last + 1)
        const [a, b] = [copy[last], copy[other]] as [(typeof copy)[number], (typeof copy)[number]]
        copy[last] = b
        copy[other] = a
      }
      return copy
    },
    chance: (share) => next() < share,
  }
}
