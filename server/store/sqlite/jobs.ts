/**
 * Jobs in SQLite. A job is claimable from `coalesce(leased, due)`: when it is due, or when the lease of the one who had
 * it ran out. Fences come from one counter, so that a fence is never given twice, not even for a key that was done.
 */
import type { Job, Jobs, NewJob, Settlement } from '../store.ts'
import type { Group } from './group.ts'
import { most } from './sql.ts'
import type { Statements } from './sql.ts'

type JobRow = {
  readonly jid: number
  readonly kind: string
  readonly key: string
  readonly payload: string | null
  readonly due: number
  readonly leased: number | null
  readonly again: number | null
  readonly attempts: number
  readonly fence: number
  readonly error: string | null
}

export function jobs(statements: Statements, group: Group): Jobs {
  return {
    claim: async (ask) => {
      const next = nextTime(ask.kinds, statements)
      if (next === undefined || next > ask.now) return []
      return group.join(() => claim(ask, statements))
    },
    renew: (job, until) => group.join(() => statements.run(RENEW, until, ...mark(job)).changes === 1),
    settle: (job, end) => group.join(() => settle(job, end, statements)),
    next: async (kinds) => nextTime(kinds, statements),
    list: async (kind) =>
      statements.all<JobRow>('SELECT * FROM job WHERE kind = ? ORDER BY due, jid', kind).map(listed),
  }
}

/** A new job, or its key brought forward. While it is leased the new due time waits in `again`. */
export function enqueue({ kind, key, due, payload }: NewJob, { run }: Statements): void {
  run(ENQUEUE, kind, key, due, payload === undefined ? null : JSON.stringify(payload))
}

/** Does this claim still hold? */
export function holds(job: Job, { get }: Statements): boolean {
  return get(`SELECT 1 FROM job WHERE ${MINE}`, ...mark(job)) !== undefined
}

/** Voids every lease: for a store that was just opened, whose former holder is gone. */
export function voidLeases({ run }: Statements): void {
  run('UPDATE job SET leased = NULL, again = NULL WHERE leased IS NOT NULL')
}

function claim({ kinds, now, lease, max }: Parameters<Jobs['claim']>[0], { all, get, run }: Statements): Job[] {
  return all<{ jid: number }>(READY, JSON.stringify(kinds), now, most(max)).map(({ jid }) => {
    run("UPDATE counter SET value = value + 1 WHERE name = 'fence'")
    return jobOf(get<JobRow>(CLAIM, now + lease, jid)!)
  })
}

function settle(job: Job, end: Settlement, { get, run }: Statements): boolean {
  const row = get<JobRow>(`SELECT * FROM job WHERE ${MINE}`, ...mark(job))
  if (row === undefined) return false
  if ('done' in end) {
    if (row.again === null) run('DELETE FROM job WHERE jid = ?', row.jid)
    else run(SETTLE, row.again, 0, null, row.jid)
    return true
  }
  const failed = end.error !== undefined
  run(SETTLE, Math.min(end.again, row.again ?? end.again), failed ? row.attempts : 0, end.error ?? null, row.jid)
  return true
}

function nextTime(kinds: readonly string[], { get }: Statements): number | undefined {
  return get<{ next: number | null }>(NEXT, JSON.stringify(kinds))?.next ?? undefined
}

const mark = ({ kind, key, fence }: Job) => [kind, key, fence] as const

function jobOf({ kind, key, payload, due, attempts, fence }: JobRow): Job {
  return { kind, key, payload: payload === null ? undefined : JSON.parse(payload), due, attempts, fence }
}

function listed(row: JobRow) {
  return {
    ...jobOf(row),
    ...(row.leased === null ? {} : { leasedUntil: row.leased }),
    ...(row.error === null ? {} : { error: row.error }),
  }
}

const MINE = 'kind = ? AND key = ? AND fence = ? AND leased IS NOT NULL'
const RENEW = `UPDATE job SET leased = ? WHERE ${MINE}`
const SETTLE = 'UPDATE job SET due = ?, leased = NULL, again = NULL, attempts = ?, error = ? WHERE jid = ?'
const ENQUEUE = `INSERT INTO job (kind, key, due, attempts, fence, payload) VALUES (?, ?, ?, 0, 0, ?)
  ON CONFLICT (kind, key) DO UPDATE SET
    due = CASE WHEN leased IS NULL THEN min(due, excluded.due) ELSE due END,
    again = CASE WHEN leased IS NULL THEN NULL ELSE min(coalesce(again, excluded.due), excluded.due) END,
    payload = coalesce(excluded.payload, payload)`
const READY = `SELECT j.jid FROM json_each(?) k CROSS JOIN job j ON j.kind = k.value
  WHERE coalesce(j.leased, j.due) <= ? ORDER BY j.due, j.jid LIMIT ?`
const CLAIM = `UPDATE job SET leased = ?, again = NULL, attempts = attempts + 1,
  fence = (SELECT value FROM counter WHERE name = 'fence') WHERE jid = ? RETURNING *`
const NEXT = `SELECT min((SELECT min(coalesce(leased, due)) FROM job WHERE kind = k.value)) AS next FROM json_each(?) k`
