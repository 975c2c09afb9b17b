/** Which slice an item that belongs to none comes nearest to, and the first thing that it lacks for it. For sentences. */
import { distance } from '../../fhir/nearest.ts'
import type { Match, Slice } from '../compile/schema.ts'
import { markText, show } from '../keywords/value.ts'
import type { CheckContext } from '../check-context.ts'
import { meets } from './match.ts'
import { select } from './select.ts'

/** `met`: how many of the marks of the slice the item has; `like`: how far the first that it lacks is one, 0 to 1. */
export type Near<One> = { readonly slice: One; readonly met: number; readonly like: number; readonly lacks: string }

/** The slice that the item has most marks of; undefined where none can be told by marks. */
export function nearestSlice<One extends Slice>(
  item: unknown,
  slices: readonly One[],
  context: CheckContext,
): Near<One> | undefined {
  return slices
    .flatMap((slice) => nearTo(item, slice, context) ?? [])
    .sort((one, other) => other.met - one.met || other.like - one.like)[0]
}

/** How near an item comes to a slice that it does not belong to. */
export function nearTo<One extends Slice>(item: unknown, slice: One, context: CheckContext): Near<One> | undefined {
  const lacking = slice.match?.find((one) => !meets(item, one, context))
  if (!lacking) return undefined
  const [found] = select(item, lacking.path, context)
  const met = slice.match?.filter((one) => meets(item, one, context)).length ?? 0
  return { slice, met, like: likeness(found?.value, lacking.fixed), lacks: sentence(lacking, found?.value) }
}

/** Characters that are compared. */
const MOST = 120

/** Addresses are alike in most of their characters: the changes count by the length of the last part. */
function likeness(found: unknown, wanted: unknown): number {
  if (typeof found !== 'string' || typeof wanted !== 'string' || wanted.length > MOST) return 0
  const [, last = wanted] = /([^/:#]+)$/.exec(wanted) ?? []
  return Math.max(0, 1 - distance(found.slice(0, MOST), wanted) / last.length)
}

function sentence(match: Match, found: unknown): string {
  const name = match.path === '$this' ? 'it' : `its \`${match.path}\``
  if (match.exists === false) return `${name} must not be there`
  if (found === undefined) return `${name} is missing`
  return `${name} must be ${wanted(match)}${typeof found === 'object' ? '' : `, not ${show(found)}`}`
}

function wanted({ fixed, pattern, types, profiles, valueSet }: Match): string {
  const value = fixed ?? pattern
  if (value !== undefined) return markText(value)
  if (types) return `of the type ${types.map((one) => `\`${one}\``).join(' or ')}`
  if (profiles) return `as ${profiles.map((one) => `\`${one}\``).join(' or ')} says`
  return `a code of \`${valueSet ?? ''}\``
}
