/** The slice that an unmatched item comes nearest to, and the first condition that it does not meet. For sentences. */
import { distance } from '../../fhir/nearest.ts'
import type { DiscriminatorMatch, CompiledSlice } from '../compile/schema.ts'
import { valueText, show } from '../keywords/value.ts'
import type { CheckContext } from '../check-context.ts'
import { matchesDiscriminator } from './match.ts'
import { selectValues } from './discriminator-path.ts'

/** `met`: number of conditions that the item meets; `similarity`: of the first value that differs, 0 to 1; `lacks`: that condition, in words. */
export type NearSlice<One> = {
  readonly slice: One
  readonly met: number
  readonly similarity: number
  readonly lacks: string
}

/** The slice with the most conditions met; undefined where no slice has conditions. */
export function nearestSlice<One extends CompiledSlice>(
  item: unknown,
  slices: readonly One[],
  context: CheckContext,
): NearSlice<One> | undefined {
  return slices
    .flatMap((slice) => distanceToSlice(item, slice, context) ?? [])
    .sort((one, other) => other.met - one.met || other.similarity - one.similarity)[0]
}

/** Compares an item with a slice that it does not belong to. */
export function distanceToSlice<One extends CompiledSlice>(
  item: unknown,
  slice: One,
  context: CheckContext,
): NearSlice<One> | undefined {
  const lacking = slice.match?.find((one) => !matchesDiscriminator(item, one, context))
  if (!lacking) return undefined
  const [found] = selectValues(item, lacking.path, context)
  const met = slice.match?.filter((one) => matchesDiscriminator(item, one, context)).length ?? 0
  return { slice, met, similarity: similarityOf(found?.value, lacking.fixed), lacks: lackText(lacking, found?.value) }
}

/** Characters that are compared. */
const MAX_COMPARED = 120

/** Urls share most of their characters, so the edit distance is relative to the length of the last part. */
function similarityOf(found: unknown, expected: unknown): number {
  if (typeof found !== 'string' || typeof expected !== 'string' || expected.length > MAX_COMPARED) return 0
  const [, last = expected] = /([^/:#]+)$/.exec(expected) ?? []
  return Math.max(0, 1 - distance(found.slice(0, MAX_COMPARED), expected) / last.length)
}

function lackText(match: DiscriminatorMatch, found: unknown): string {
  const name = match.path === '$this' ? 'it' : `its \`${match.path}\``
  if (match.exists === false) return `${name} must not be there`
  if (found === undefined) return `${name} is missing`
  return `${name} must be ${expectation(match)}${typeof found === 'object' ? '' : `, not ${show(found)}`}`
}

function expectation({ fixed, pattern, types, profiles, valueSet }: DiscriminatorMatch): string {
  const value = fixed ?? pattern
  if (value !== undefined) return valueText(value)
  if (types) return `of the type ${types.map((one) => `\`${one}\``).join(' or ')}`
  if (profiles) return `valid against ${profiles.map((one) => `\`${one}\``).join(' or ')}`
  return `a code of \`${valueSet ?? ''}\``
}
