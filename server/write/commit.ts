/** The last step of a write: everything as one piece of work for the store, and what the store refuses. */
import { refuse } from '../fhir/outcome.ts'
import { CommitConflict, StoreFull } from '../store/errors.ts'
import type { Guard, Store, Version, Work, Write } from '../store/store.ts'
import type { Audiences } from './audiences.ts'
import { changesAnything, writerOf, type PreparedChange } from './change.ts'
import { WriteConflict } from './conflict.ts'
import { entriesOf, remainingEntries, type EntryNeeds } from './index-entries.ts'
import type { PendingState } from './pending-state.ts'
import { inTurns } from '../fhir/turns.ts'
import { expectOf } from './preconditions.ts'
import type { RecordIndex } from './record-index.ts'
import { withoutWeaker } from './references.ts'
import type { RuleResult } from './rules/rule.ts'

/**
 * What is committed together with the changes. By a job or a log reader: the claim under which it works, jobs that follow,
 * its cursors; a lost claim or a cursor that another reader moved is thrown as CommitConflict and not tried again. By an
 * operation: internal records that it keeps (`writes`), and conditions of its own (`guards`).
 */
export type Along = Pick<Work, 'claim' | 'jobs' | 'cursors' | 'writes' | 'guards' | 'request'>

export type Checked = {
  readonly index: RecordIndex
  readonly state: PendingState
  readonly result: Required<RuleResult>
  readonly audiences: Audiences
}

export async function workOf({ index, state, result, audiences }: Checked, along: Along): Promise<Work> {
  const { changes, effective } = state
  const written = changes.filter(changesAnything)
  const indexing = { ...state, index: { ...index, extract: state.extract } }
  const writes = await inTurns(written, (one, position) => writeOf(indexing, one, audiences.of[position] ?? []))
  const kept: Guard[] = changes.flatMap((one) => (one.unchanged ? [{ key: one.key, expect: expectOf(one) }] : []))
  const unless: Guard[] = changes.flatMap(({ change }) =>
    change.kind === 'put' && change.unless ? [{ none: change.unless }] : [],
  )
  // What is written was validated, and indexed, by the definitions of the attempt: a profile that a record claims, or a
  // search parameter, may have been posted since, by another process, too.
  const inEffect: Guard[] = effective && !effective.posts ? [effective.guard] : []
  return {
    ...along,
    writes: [
      ...writes,
      ...audiences.writes,
      ...(effective?.posts ? [effective.posts.write] : []),
      ...result.writes,
      ...(along.writes ?? []),
    ],
    guards: withoutWeaker([
      ...unless,
      ...kept,
      ...inEffect,
      ...result.guards,
      ...audiences.guards,
      ...(along.guards ?? []),
    ]),
    jobs: [...result.jobs, ...(along.jobs ?? [])],
  }
}

async function writeOf(
  needs: EntryNeeds & Pick<PendingState, 'caller'>,
  one: PreparedChange,
  audience: Audiences['of'][number],
): Promise<Write> {
  const { caller } = needs
  const common = { audience, author: writerOf(one, caller), expect: expectOf(one) }
  if (!one.after) return { kind: 'remove', key: one.key, entries: await remainingEntries(needs, one), ...common }
  const method = one.change.kind === 'put' && one.change.create ? 'POST' : 'PUT'
  return { kind: 'put', method, resource: one.after, entries: await entriesOf(needs, one, one.after), ...common }
}

/**
 * The version of each write, in order.
 * @throws WriteConflict when the state that was looked at is gone; OutcomeError `store-full`; CommitConflict (see Along)
 */
export async function commit(store: Store, work: Work): Promise<readonly (Version | undefined)[]> {
  const isEmpty = [work.writes, work.jobs, work.cursors].every((one) => (one ?? []).length === 0)
  if (isEmpty && work.claim === undefined) return []
  try {
    return (await store.commit(work)).versions
  } catch (error) {
    if (error instanceof CommitConflict) {
      throw error.kind === 'claim' || error.kind === 'cursor' ? error : new WriteConflict(error.message)
    }
    if (error instanceof StoreFull) {
      throw refuse(
        'store-full',
        'The store has no room left, so nothing was written; reads go on. Ask the operator to make room, then send the request again.',
      )
    }
    throw error
  }
}
