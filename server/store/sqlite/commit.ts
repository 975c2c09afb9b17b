/** One commit inside a transaction: conditions first, then the writes, jobs, events and cursors. */
import { CommitConflict } from '../errors.ts'
import type { Expect, Precondition } from '../store.ts'
import { mergeJobs } from '../new-jobs.ts'
import { addEvent, purgeEvents } from './events.ts'
import { enqueue, holds } from './job-writes.ts'
import { cursorValue, lastCommit } from './read.ts'
import type { AppliedWork, PreparedWork, PreparedWrite } from './prepared-work.ts'
import { find } from './search.ts'
import { ROOM } from './rows.ts'
import { recordOf, applyWrite } from './writes.ts'
import type { RecordRow, WriteContext } from './writes.ts'

/**
 * Applies a commit. A refusal comes before the first write; any other fault leaves the transaction to be rolled back.
 * @throws CommitConflict
 */
export function apply(work: PreparedWork, context: WriteContext): AppliedWork {
  const { statements, terms } = context
  const rows = checkConditions(work, context)
  const last = lastCommit(statements)
  const now = { sequence: last.sequence + 1, at: Math.max(work.now, last.at) }
  const { id = null, agency } = work.request ?? {}
  const requester = agency === undefined ? null : terms.makeId(agency)
  statements.run(ADD_COMMIT, now.sequence, now.at, id, requester)
  const made = work.writes.map((write, index) =>
    applyWrite(write, rows[index], { ...now, seq: now.sequence * ROOM + index }, context),
  )
  for (const job of mergeJobs(work.jobs ?? [], now.sequence)) enqueue(job, statements)
  for (const event of work.events ?? []) addEvent(event, now.at, statements)
  for (const purge of work.purges ?? []) purgeEvents(purge, statements)
  for (const { name, to } of work.cursors ?? []) statements.run(SET_CURSOR, name, to)
  return { ...now, made }
}

/** Checks everything that the commit depends on; answers the record of each write as it is before it. */
function checkConditions(
  { claim, cursors = [], guards = [], writes }: PreparedWork,
  context: WriteContext,
): readonly (RecordRow | undefined)[] {
  const { statements } = context
  if (claim !== undefined && !holds(claim, statements)) throw new CommitConflict('claim', 0)
  for (const [index, { name, from }] of cursors.entries()) {
    const value = cursorValue(name, statements)
    if (value !== from) throw new CommitConflict('cursor', index, value)
  }
  for (const [index, guard] of guards.entries()) {
    if ('key' in guard) check(recordOf(guard.key, context), guard.expect, ['guard', index])
    else {
      const [match] = find({ ...guard.none, limit: 1, total: false }, context).versions
      if (match !== undefined) throw new CommitConflict('guard', index, match.version)
    }
  }
  const rows = writes.map((write) => recordOf(write.key, context))
  for (const [index, write] of writes.entries()) checkWrite(write, rows[index], index)
  return rows
}

function checkWrite(write: PreparedWrite, row: RecordRow | undefined, index: number): void {
  if (write.kind === 'audience') return
  if (write.kind === 'entries') {
    const last = row?.version ?? 0
    if (!write.expect.version.includes(last)) throw new CommitConflict('write', index, last)
  } else if (write.expect) check(row, write.expect, ['write', index])
}

function check(row: RecordRow | undefined, expect: Expect, precondition: Precondition): void {
  const current = row === undefined || row.deleted === 1 ? 0 : row.version
  const met =
    expect === 'absent' ? current === 0 : current !== 0 && (expect === 'present' || expect.version.includes(current))
  if (!met) throw new CommitConflict(...precondition, current)
}

const ADD_COMMIT = 'INSERT INTO commits (sequence, at, request, requester) VALUES (?, ?, ?, ?)'
const SET_CURSOR = 'INSERT INTO cursor VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value'
