/**
 * A record that records visible to the caller refer to is not deleted. A reference that the caller may not see blocks
 * nothing, or the refusal would disclose it; it points to a deleted record then, whose history stays.
 * docs/decisions/0011
 */
import { refuse, type OutcomeError } from '../fhir/outcome.ts'
import { localReferences } from '../fhir/reference.ts'
import { keyText, type Key, type Resource } from '../fhir/types.ts'
import { REFERENCE, aboutParticipant, type Filter } from '../search/query.ts'
import type { Guard } from '../store/store.ts'
import { issuesAtEntry } from './bundle-location.ts'
import type { PreparedChange } from './change.ts'
import type { PendingState } from './pending-state.ts'
import type { RuleTables } from './rule-tables.ts'

/** How many of the records that refer the refusal names. */
const NAMED = 5

/**
 * Guards by which the commit holds that no record visible to the caller comes to refer to what it deletes.
 * @throws OutcomeError `reference-in-use` (409)
 */
export async function checkDeletions(state: PendingState): Promise<readonly Guard[]> {
  const deletions = state.changes.filter(({ before, after }) => before !== undefined && after === undefined)
  const guards = await Promise.all(
    deletions.map((one) => issuesAtEntry({ at: one.at, type: one.key.type }, () => checkDeletion(state, one))),
  )
  return guards.flat()
}

/**
 * A participant with a record that is always kept (a referral) is not deleted, whoever may know of that record.
 * @throws OutcomeError `reference-in-use` (409)
 */
export async function checkKept(
  { writing, visibility }: Pick<RuleTables, 'writing' | 'visibility'>,
  { changes, unrestricted }: PendingState,
): Promise<readonly Guard[]> {
  const deleted = changes.filter(
    ({ key, before, after }) => visibility.participant[key.type] === 'self' && before !== undefined && !after,
  )
  const guards = await Promise.all(
    deleted.map(async ({ key, at }) => {
      const where = aboutParticipant(key.id)
      const { versions } = await unrestricted.find({ type: writing.kept, where, limit: 1 })
      if (versions.length > 0) throw kept(key, at)
      return writing.kept.map((type): Guard => ({ none: unrestricted.query({ type, where, limit: 1 }) }))
    }),
  )
  return guards.flat()
}

const kept = (key: Key, at: string): OutcomeError =>
  refuse(
    'reference-in-use',
    `\`${keyText(key)}\` is not deleted, because it has referrals, which stay traceable. ` +
      'Merge it into another record by `Patient/$merge`, or retire it and set its referrals to `entered-in-error`.',
    { expression: at },
  )

async function checkDeletion(
  { view, definitions, changes }: PendingState,
  { key }: PreparedChange,
): Promise<readonly Guard[]> {
  const where: Filter = { op: 'reference', param: REFERENCE, ...key }
  const referring = changes.filter(({ before }) => refersTo(before, key)).map((one) => one.key)
  const { versions } = await view.find({ type: '*', where, limit: referring.length + NAMED + 1 })
  const untouched = versions.filter((one) => !changes.some((change) => keyText(change.key) === keyText(one)))
  const coming = changes.filter(({ after }) => refersTo(after, key)).map((one) => one.key)
  const referrers = [...untouched, ...coming].map(keyText)
  if (referrers.length > 0) throw inUse(key, referrers)
  if (referring.length === 0) return [{ none: view.query({ type: '*', where, limit: 1 }) }]
  return definitions.capabilities.map(({ type }) => ({
    none: view.query({ type, where: others(where, idsOf(type, referring)), limit: 1 }),
  }))
}

const refersTo = (resource: Resource | undefined, key: Key): boolean =>
  resource !== undefined && localReferences(resource).some((one) => keyText(one) === keyText(key))

const idsOf = (type: string, keys: readonly Key[]): readonly string[] =>
  keys.filter((one) => one.type === type).map((one) => one.id)

const others = (where: Filter, ids: readonly string[]): Filter =>
  ids.length === 0 ? where : { op: 'and', of: [where, { op: 'not', of: { op: 'id', ids } }] }

function inUse(key: Key, referrers: readonly string[]): OutcomeError {
  const names = referrers.slice(0, NAMED).map((one) => `\`${one}\``)
  const named = referrers.length > NAMED ? `${names.join(', ')} and others` : names.join(', ')
  return refuse(
    'reference-in-use',
    `\`${keyText(key)}\` is not deleted, because other records refer to it: ${named}. ` +
      'Delete them, or change them so that they no longer refer to it, first or in the same transaction.',
  )
}
