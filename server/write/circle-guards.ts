/**
 * Guards by which a commit that moves a circle holds to what it looked at. A writer of a record holds to the circle by
 * its version; whoever moves the circle holds, the other way round, to the records that get a new audience: one that is
 * created, labelled or deleted meanwhile makes it begin again, so that no record is left with the audience of old.
 */
import { PARTICIPANT, type Filter, type Query } from '../search/query.ts'
import type { Guard, Version } from '../store/store.ts'
import type { Key } from '../fhir/types.ts'
import type { RuleTables } from './rule-tables.ts'

/** These are all the records of a participant but the ones that the commit writes itself, at these versions. */
export const sameRecords = (
  { visibility }: Pick<RuleTables, 'visibility'>,
  participant: string,
  seen: readonly Version[],
  written: readonly Key[],
): readonly Guard[] => {
  const about: Filter = { op: 'reference', param: PARTICIPANT, type: 'Patient', id: participant }
  return [
    ...seen.map(unchanged),
    ...Object.keys(visibility.participant).map((type) => ({
      none: { ...others(type, about, [...seen, ...written]), deleted: true },
    })),
  ]
}

/** These are all the records that match, but for the ones that the commit writes itself, at these versions. */
export const sameMatches = (
  type: string,
  where: Filter,
  seen: readonly Version[],
  written: readonly Key[],
): readonly Guard[] => [...seen.map(unchanged), { none: others(type, where, [...seen, ...written]) }]

const unchanged = ({ type, id, version, text }: Version): Guard => ({
  key: { type, id },
  expect: text === '' ? 'absent' : { version: [version] },
})

const others = (type: string, where: Filter, known: readonly Key[]): Query => ({
  type,
  where: {
    op: 'and',
    of: [where, { op: 'not', of: { op: 'id', ids: known.filter((one) => one.type === type).map((one) => one.id) } }],
  },
  viewer: 'unrestricted',
  limit: 1,
})
