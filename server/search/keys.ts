/** A query for records by their keys. */
import type { Key } from '../fhir/types.ts'
import type { Filter, Query } from './query.ts'

/** The types and the condition of exactly these records. Ids of several types may be alike: the type is part of it. */
export function ofKeys(keys: readonly Key[]): Pick<Query, 'type' | 'where'> {
  const idsByType = new Map<string, string[]>()
  for (const { type, id } of keys) {
    const ids = idsByType.get(type)
    if (ids) ids.push(id)
    else idsByType.set(type, [id])
  }
  const each = [...idsByType]
  const [first, ...others] = each
  if (first && others.length === 0) return { type: first[0], where: { op: 'id', ids: first[1] } }
  const where: Filter = {
    op: 'or',
    of: each.map(([type, ids]) => ({
      op: 'and',
      of: [
        { op: 'type', types: [type] },
        { op: 'id', ids },
      ],
    })),
  }
  return { type: each.map(([type]) => type), where }
}
