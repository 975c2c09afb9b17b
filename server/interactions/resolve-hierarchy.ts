/**
 * Resolves `:above` and `:below` of a reference: level by level, as the caller, so that a record which the caller may not know
 * of leads no further. https://hl7.org/fhir/R4/search.html#recursive
 */
import { refuse } from '../fhir/outcome.ts'
import type { View } from '../records/view.ts'
import type { Hierarchy } from '../search/chain.ts'
import type { SearchLimits } from '../search/limits.ts'
import type { Filter } from '../search/query.ts'

type Reading = { readonly view: View; readonly limits: SearchLimits; readonly asOf?: number }

/**
 * The ids of the record and of those above or below it, as far as the caller may know of the way to them.
 * @throws OutcomeError `too-costly` for more records, or levels, than the limit
 */
export async function idsOfHierarchy(
  hierarchy: Hierarchy,
  { view, limits, asOf }: Reading,
): Promise<readonly string[]> {
  const { type, parent, direction } = hierarchy
  const found = new Set([hierarchy.id])
  let level: readonly string[] = [hierarchy.id]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limits.iterate) throw tooDeep(hierarchy, limits)
    const where: Filter =
      direction === 'above' ? { op: 'id', ids: level } : { op: 'reference', param: parent, type, id: level }
    const next = new Set<string>()
    const query = { type, where, withEntries: [parent], ...(asOf === undefined ? {} : { asOf }) }
    for await (const { id, entries = [] } of view.all(query)) {
      const parents = entries.flatMap((one) => (one.kind === 'reference' && one.type === type ? one.id : []))
      for (const one of direction === 'above' ? parents : [id]) if (!found.has(one)) next.add(one)
      if (found.size + next.size > limits.onTheWay) throw tooMany(hierarchy, limits)
    }
    for (const one of next) found.add(one)
    level = [...next]
  }
  return [...found]
}

const tooMany = ({ param, type, id, direction }: Hierarchy, { onTheWay }: SearchLimits) =>
  refuse(
    'too-costly',
    `Too many records on the way: more than ${onTheWay} records are ${direction} \`${type}/${id}\`, which \`${param}:${direction}\` names. Name one with fewer.`,
  )

const tooDeep = ({ param, type, id, direction }: Hierarchy, { iterate }: SearchLimits) =>
  refuse(
    'too-costly',
    `More than ${iterate} levels are ${direction} \`${type}/${id}\`, which \`${param}:${direction}\` names. Name one with fewer.`,
  )
