/** One commit inside a transaction: conditions first, then the writes, jobs, events and cursors. */
import { CommitConflict } from '../store.ts'
import type { Committed, Expect, Work, Write } from '../store.ts'
import { keyOf } from '../check-work.ts'
import { mergeJobs } from '../new-jobs.ts'
import type { Key } from '../../fhir/types.ts'
import { addEvent } from './events.ts'
import { enqueue, holds } from './jobs.ts'
import { cursorValue, lastCommit } from './read.ts'
import { find } from './search.ts'
import { ROOM } from './rows.ts'
import { recordOf, write } from './writes.ts'
import type { Inside } from './writes.ts'

/**
 * Applies a commit. A refusal comes before the first write; any other fault leaves the transaction to be rolled back.
 * @throws CommitConflict
 */
export function apply(work: Work, inside: Inside): Committed {
  const { statements } = inside
  checkConditions(work, inside)
  const last = lastCommit(statements)
  const now = { sequence: last.sequence + 1, at: Math.max(inside.clock(), last.at) }
  statements.run('INSERT INTO commits (sequence, at) VALUES (?, ?)', now.sequence, now.at)
  const versions = (work.writes ?? []).map((one, index) =>
    write(one, { ...now, seq: now.sequence * ROOM + index }, inside),
  )
  for (const job of mergeJobs(work.jobs ?? [], now.sequence)) enqueue(job, statements)
  for (const event of work.events ?? []) addEvent(event, now.at, statements)
  for (const { name, to } of work.cursors ?? []) statements.run(SET_CURSOR, name, to)
  return { ...now, versions }
}

function checkConditions({ claim, cursors = [], guards = [], writes = [] }: Work, inside: Inside): void {
  const { statements } = inside
  if (claim !== undefined && !holds(claim, statements)) throw new CommitConflict('claim', 0)
  for (const [index, { name, from }] of cursors.entries()) {
    const value = cursorValue(name, statements)
    if (value !== from) throw new CommitConflict('cursor', index, value)
  }
  for (const [index, guard] of guards.entries()) {
    if ('key' in guard) check(guard.key, guard.expect, ['guard', index], inside)
    else {
      const [match] = find({ ...guard.none, limit: 1, total: false }, inside).versions
      if (match !== undefined) throw new CommitConflict('guard', index, match.version)
    }
  }
  for (const [index, one] of writes.entries()) checkWrite(one, index, inside)
}

function checkWrite(one: Write, index: number, inside: Inside): void {
  if (one.kind === 'audience') return
  if (one.kind === 'entries') {
    const last = recordOf(one.key, inside)?.version ?? 0
    if (!one.expect.version.includes(last)) throw new CommitConflict('write', index, last)
  } else if (one.expect) check(keyOf(one), one.expect, ['write', index], inside)
}

type Precondition = readonly [kind: 'write' | 'guard', index: number]

function check(key: Key, expect: Expect, precondition: Precondition, inside: Inside): void {
  const row = recordOf(key, inside)
  const current = row === undefined || row.deleted === 1 ? 0 : row.version
  const met = expect === 'absent' ? current === 0 : current !== 0 && expect.version.includes(current)
  if (!met) throw new CommitConflict(...precondition, current)
}

const SET_CURSOR = 'INSERT INTO cursor VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value'
