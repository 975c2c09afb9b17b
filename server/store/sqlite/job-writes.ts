/**
 * What a transaction does to jobs. Fences come from one counter, so that a fence is never given twice.
 */
import type { EnqueuedJob } from '../new-jobs.ts'
import type { Job, Jobs, Settlement } from '../store.ts'
import { jobOf } from '../job-transitions.ts'
import { fieldsOf, type JobRow } from './job-rows.ts'
import { most } from './sql.ts'
import type { Statements } from './sql.ts'

/** A new job, or what enqueueing it again does to one that is there; nothing for a replay. See NewJob. */
export function enqueue({ kind, key, due, payload, sequence }: EnqueuedJob, { run }: Statements): void {
  run(ENQUEUE, kind, key, due, payload === undefined ? null : JSON.stringify(payload), sequence)
}

/** Does this claim still hold? */
export function holds(job: Job, { get }: Statements): boolean {
  return get(`SELECT 1 FROM job WHERE ${CLAIMED}`, ...claimOf(job)) !== undefined
}

/** Voids every lease: for a store that was just opened, whose former holder is gone. */
export function voidLeases({ run }: Statements): void {
  run('UPDATE job SET leased = NULL, again = NULL WHERE leased IS NOT NULL')
}

type Needs = { readonly statements: Statements }

/** `Jobs.claim` of store.ts; the others below as their namesakes there. */
export function claimJobs({ kinds, now, lease, max }: JobClaim, { statements: { all, get, run } }: Needs): Job[] {
  return all<{ jid: number }>(READY, JSON.stringify(kinds), now, most(max)).map(({ jid }) => {
    run("UPDATE counter SET value = value + 1 WHERE name = 'fence'")
    return jobOf(fieldsOf(get<JobRow>(CLAIM, now + lease, jid)!))
  })
}

type JobClaim = Parameters<Jobs['claim']>[0]

type JobRenewal = { readonly job: Job; readonly until: number }

export const renewJob = ({ job, until }: JobRenewal, { statements: { run } }: Needs): boolean =>
  run(RENEW, until, ...claimOf(job)).changes === 1

type FailedJob = { readonly kind: string; readonly key: string; readonly now: number }

export const retryJob = ({ kind, key, now }: FailedJob, { statements: { run } }: Needs): boolean =>
  run(RETRY, now, kind, key).changes === 1

type SettledJob = { readonly job: Job; readonly end: Settlement }

export function settleJob({ job, end }: SettledJob, { statements: { get, run } }: Needs): boolean {
  const row = get<JobRow>(`SELECT * FROM job WHERE ${CLAIMED}`, ...claimOf(job))
  if (row === undefined) return false
  const error = 'failed' in end ? end.failed : 'error' in end ? end.error : undefined
  const due = 'again' in end ? Math.min(end.again, row.again ?? end.again) : (row.again ?? row.due)
  const ended = 'again' in end || row.again !== null ? null : 'failed' in end ? 'failed' : 'done'
  const payload = ended === 'done' ? null : row.payload
  run(SETTLE, due, error === undefined ? 0 : row.attempts, error ?? null, ended, payload, row.jid)
  return true
}

const claimOf = ({ kind, key, fence }: Job) => [kind, key, fence] as const

const CLAIMED = 'kind = ? AND key = ? AND fence = ? AND leased IS NOT NULL'
const RENEW = `UPDATE job SET leased = ? WHERE ${CLAIMED}`
const SETTLE =
  'UPDATE job SET due = ?, leased = NULL, again = NULL, attempts = ?, error = ?, ended = ?, payload = ? WHERE jid = ?'
const RETRY = "UPDATE job SET due = ?, attempts = 0, ended = NULL WHERE kind = ? AND key = ? AND ended = 'failed'"
/** A done job has neither payload nor error nor attempts, so that they need not be reset. */
const ENQUEUE = `INSERT INTO job (kind, key, due, attempts, fence, payload, sequence) VALUES (?, ?, ?, 0, 0, ?, ?)
  ON CONFLICT (kind, key) DO UPDATE SET
    due = CASE WHEN ended IS NOT NULL THEN excluded.due WHEN leased IS NULL THEN min(due, excluded.due) ELSE due END,
    again = CASE WHEN leased IS NULL THEN NULL ELSE min(coalesce(again, excluded.due), excluded.due) END,
    payload = coalesce(excluded.payload, payload),
    sequence = excluded.sequence,
    ended = NULL
  WHERE excluded.sequence > sequence`
const READY = `SELECT j.jid FROM json_each(?) k CROSS JOIN job j ON j.kind = k.value
  WHERE j.ended IS NULL AND coalesce(j.leased, j.due) <= ? ORDER BY j.due, j.jid LIMIT ? + 0`
const CLAIM = `UPDATE job SET leased = ?, again = NULL, attempts = attempts + 1,
  fence = (SELECT value FROM counter WHERE name = 'fence') WHERE jid = ? RETURNING *`
