/**
 * In how many places two JSON values differ: a value changed; a property added, removed or renamed; an item added or
 * removed. A coding is one value: where its code changes its display follows.
 */
export function distance(one: unknown, other: unknown): number {
  if (Array.isArray(one) && Array.isArray(other)) return listDistance(one, other)
  if (isObject(one) && isObject(other)) return objectDistance(one, other)
  return Object.is(one, other) ? 0 : 1
}

type PlainObject = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is PlainObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function objectDistance(one: PlainObject, other: PlainObject): number {
  const isSameCode = one.code === other.code && one.system === other.system
  const [own, others] = [one, other].map((value) => keysOf(value, isSameCode)) as [string[], string[]]
  const shared = own.filter((key) => others.includes(key))
  const inside = shared.reduce((sum, key) => sum + distance(one[key], other[key]), 0)
  // One gone and one come in its place is a renaming, or another type of a choice.
  return inside + Math.max(own.length - shared.length, others.length - shared.length)
}

const keysOf = (value: PlainObject, isSameCode: boolean): readonly string[] =>
  Object.keys(value).filter((key) => isSameCode || !(key === 'display' && 'code' in value))

// What both begin and end with is the same; the middle differs item by item.
function listDistance(one: readonly unknown[], other: readonly unknown[]): number {
  const least = Math.min(one.length, other.length)
  let start = 0
  while (start < least && distance(one[start], other[start]) === 0) start++
  let end = 0
  while (end < least - start && distance(one.at(-1 - end), other.at(-1 - end)) === 0) end++
  const [middle, changed] = [one.slice(start, one.length - end), other.slice(start, other.length - end)]
  if (middle.length !== changed.length) return Math.max(middle.length, changed.length)
  return middle.reduce<number>((sum, item, index) => sum + distance(item, changed[index]), 0)
}
