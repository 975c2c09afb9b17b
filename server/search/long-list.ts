/** Lists of ids in a filter: a chain may find thousands on its way, and every record is compared with them. */

const sets = new WeakMap<readonly string[], ReadonlySet<string>>()

/** Shorter lists are read as they are. */
const SHORT = 16

/** Is the text one of the list, which never changes? */
export function includes(list: readonly string[], text: string): boolean {
  if (list.length <= SHORT) return list.includes(text)
  const set = sets.get(list) ?? new Set(list)
  sets.set(list, set)
  return set.has(text)
}
