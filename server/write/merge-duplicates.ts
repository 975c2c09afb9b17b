/** Duplicate services and participations that a merge brings together: the board is warned, and nothing is refused. */
import { isDuplicate, onceAtATime, reasonOf, type DuplicateRules } from '../domain/duplicate/duplicates.ts'
import { classesOf } from '../domain/visibility/labels.ts'
import type { Definitions } from '../definitions/definitions.ts'
import type { ReadDate } from '../domain/visibility/circle.ts'
import type { StoredResource } from '../records/resource.ts'
import type { View } from '../records/view.ts'
import { aboutParticipant } from '../search/query.ts'

export type DuplicateNeeds = {
  readonly duplicates: DuplicateRules
  readonly definitions: Definitions
  readonly range: ReadDate
}

/** Keys of a moved record and one of the target, of those that the board may know. */
export async function duplicatesByMerge(
  view: View,
  target: string,
  moved: readonly StoredResource[],
  { duplicates, definitions, range }: DuplicateNeeds,
): Promise<readonly (readonly [string, string])[]> {
  const read = (record: StoredResource) =>
    classesOf(record).length > 0 || reasonOf(duplicates, record) !== undefined
      ? undefined
      : onceAtATime(duplicates, record, (system) => definitions.find(system))
  const counted = (records: readonly StoredResource[]) =>
    records.flatMap((record) => {
      const once = read(record)
      return once ? [{ key: `${record.resourceType}/${record.id}`, once }] : []
    })
  const types = duplicates.rules.map(({ type }) => type)
  const own = counted((await view.listEach(types, aboutParticipant(target))).flat())
  return counted(moved).flatMap((one) =>
    own.filter((other) => isDuplicate(one.once, other.once, range)).map((other) => [one.key, other.key] as const),
  )
}
