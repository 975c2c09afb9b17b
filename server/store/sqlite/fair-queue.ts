/** A queue in which the owners of what waits take turns, so that one with much to do does not hold up the others. */
export type FairQueue<T> = {
  put(owner: string, item: T): void
  /** The first item of the owner whose turn it is, the owners in `busy` left out. */
  take(busy: ReadonlySet<string>): T | undefined
  /** Everything that waits, which waits no longer. */
  clear(): readonly T[]
}

export function createFairQueue<T>(): FairQueue<T> {
  /** In the order of their turns. */
  const lines = new Map<string, T[]>()
  return {
    put(owner, item) {
      const line = lines.get(owner)
      if (line) line.push(item)
      else lines.set(owner, [item])
    },
    take(busy) {
      for (const [owner, line] of lines) {
        if (busy.has(owner)) continue
        const item = line.shift()
        lines.delete(owner)
        if (line.length > 0) lines.set(owner, line)
        return item
      }
      return undefined
    },
    clear() {
      const all = [...lines.values()].flat()
      lines.clear()
      return all
    },
  }
}
