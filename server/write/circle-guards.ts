/**
 * Guards of a commit that moves memberships. Whoever writes a record guards the version of the circle that its audience
 * was computed from. Whoever moves the circle guards, the other way round, the records that get a new audience: that
 * none of them is changed, and none created, meanwhile. Without both, two commits at once could leave a record with an
 * audience that no circle gives.
 */
import { aboutParticipant, type Filter, type Query } from '../search/query.ts'
import type { Guard, Version } from '../store/store.ts'
import type { Key } from '../fhir/types.ts'
import { isDeleted } from '../records/resource.ts'
import type { RuleTables } from './rule-tables.ts'

/** These are all records of a participant, at these versions, but for the ones that the commit writes itself. */
export const sameRecords = (
  { visibility }: Pick<RuleTables, 'visibility'>,
  participant: string,
  seen: readonly Version[],
  written: readonly Key[],
): readonly Guard[] => [
  ...seen.map(unchanged),
  ...Object.keys(visibility.participant).map((type) =>
    noOther(type, aboutParticipant(participant), [...seen, ...written], { deleted: true }),
  ),
]

/** These are all records that match, at these versions, but for the ones that the commit writes itself. */
export const sameMatches = (
  type: string,
  where: Filter,
  seen: readonly Version[],
  written: readonly Key[],
): readonly Guard[] => [...seen.map(unchanged), noOther(type, where, [...seen, ...written])]

/** No record of the type matches but these. */
export const noOther = (
  type: string,
  where: Filter,
  but: readonly Key[],
  options: Pick<Query, 'deleted'> = {},
): Guard => {
  const ids = but.filter((one) => one.type === type).map((one) => one.id)
  const others: Filter = { op: 'and', of: [where, { op: 'not', of: { op: 'id', ids } }] }
  return { none: { type, where: others, viewer: 'unrestricted', limit: 1, ...options } }
}

const unchanged = (version: Version): Guard => ({
  key: { type: version.type, id: version.id },
  expect: isDeleted(version) ? 'absent' : { version: [version.version] },
})
