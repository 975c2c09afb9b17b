/**
 * `_contained` and `_containedType`: searches for resources inside others. What a record contains has no index of its own: the
 * record has an entry for each type that it contains, so that those to look into are found.
 * https://hl7.org/fhir/R4/search.html#contained
 */
import { refuse } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/types.ts'
import { isFilter, type Condition, type OfferedTypes } from './chain.ts'
import { requireComplete } from './incomplete.ts'
import type { Filter, IndexEntry, Sort } from './query.ts'

/** The parameter, and the name of the entries. */
export const CONTAINED = '_contained'

/** `false` is absent. */
export type ContainedSearch = {
  /** `both`: the records that match themselves, too. */
  readonly found: 'true' | 'both'
  /** Is the record answered that contains a match, or the contained resource alone? */
  readonly shown: 'container' | 'contained'
}

/** The position of a contained resource: the place of its container, then (as the place of a record) its own in it. */
export const CONTAINED_ORDER: readonly Sort[] = [{ param: CONTAINED, kind: 'string', descending: false }]

export type ContainedResource = Resource & { readonly id?: string }

export const containedIn = ({ contained }: Resource): readonly ContainedResource[] =>
  Array.isArray(contained) ? (contained as readonly ContainedResource[]) : []

/** An entry for each type that a resource contains; none for most. */
export function containedEntries(resource: Resource): readonly IndexEntry[] {
  const types = new Set(containedIn(resource).map(({ resourceType }) => resourceType))
  return [...types].map((code) => ({ kind: 'token', param: CONTAINED, code }))
}

/** The condition on a record that it contains a resource of one of these types. */
export const containsAny = (types: readonly string[]): Filter => ({
  op: 'or',
  of: types.map((code) => ({ op: 'token', param: CONTAINED, code })),
})

/**
 * @throws OutcomeError `invalid-parameter` for what has no meaning for contained resources, `index-incomplete`
 */
export function checkContained(
  { shown }: ContainedSearch,
  {
    conditions,
    isSorted,
    includes,
  }: {
    readonly conditions: readonly Condition[]
    readonly isSorted: boolean
    readonly includes: boolean
  },
  offered: OfferedTypes | undefined,
): void {
  if (!offered)
    throw refuse(
      'invalid-parameter',
      `\`${CONTAINED}\` is for searches: the condition of a write or of a subscription is one on the record itself. Leave it out.`,
    )
  const why = isSorted
    ? '`_sort`: containers and contained resources have no values in common; they come in the order of creation'
    : conditions.some(namesRecords)
      ? '`_has` and `_list`: no record refers to a contained resource, and no list has one as an item'
      : includes && shown === 'contained'
        ? '`_include` and `_revinclude` with `_containedType=contained`: they begin at records'
        : undefined
  if (why !== undefined)
    throw refuse('invalid-parameter', `\`${CONTAINED}\` cannot be combined with ${why}. Leave one of them out.`)
  for (const capability of offered.capabilities) requireComplete(capability, [[CONTAINED, 'true']])
}

/** Is a match named by its id? A contained resource may have the same id as some record. */
function namesRecords(one: Condition): boolean {
  if (isFilter(one) || one.op === 'chain' || one.op === 'hierarchy') return false
  if (one.op === 'and' || one.op === 'or') return one.of.some(namesRecords)
  return one.op === 'not' ? namesRecords(one.of) : true
}
