/**
 * Jobs in SQLite. A job that has not ended is claimable from `coalesce(leased, due)`: when it is due, or when the lease
 * of the one who had it ran out. Fences come from one counter, so that a fence is never given twice.
 */
import type { EnqueuedJob } from '../new-jobs.ts'
import type { Job, JobCount, JobCursor, JobQuery, Jobs, JobState, ListedJob, Settlement } from '../store.ts'
import type { GroupCommit } from './group-commit.ts'
import { joined, limitOf, most, raw, sql } from './sql.ts'
import type { Sql, Statements } from './sql.ts'

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
  readonly sequence: number
  readonly ended: 'failed' | 'done' | null
}

/** @param clock the time at which states are listed */
export function jobs(statements: Statements, group: GroupCommit, clock: () => number): Jobs {
  return {
    claim: async (query) => {
      const next = nextTime(query.kinds, statements)
      if (next === undefined || next > query.now) return []
      return group.join(() => claim(query, statements))
    },
    renew: (job, until) => group.join(() => statements.run(RENEW, until, ...claimOf(job)).changes === 1),
    settle: (job, end) => group.join(() => settle(job, end, statements)),
    retry: (kind, key, now) => group.join(() => statements.run(RETRY, now, kind, key).changes === 1),
    next: async (kinds) => nextTime(kinds, statements),
    list: async (query) => list(query, clock(), statements),
    count: async () => count(clock(), statements),
  }
}

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

function claim({ kinds, now, lease, max }: Parameters<Jobs['claim']>[0], { all, get, run }: Statements): Job[] {
  return all<{ jid: number }>(READY, JSON.stringify(kinds), now, most(max)).map(({ jid }) => {
    run("UPDATE counter SET value = value + 1 WHERE name = 'fence'")
    return jobOf(get<JobRow>(CLAIM, now + lease, jid)!)
  })
}

function settle(job: Job, end: Settlement, { get, run }: Statements): boolean {
  const row = get<JobRow>(`SELECT * FROM job WHERE ${CLAIMED}`, ...claimOf(job))
  if (row === undefined) return false
  const error = 'failed' in end ? end.failed : 'error' in end ? end.error : undefined
  const due = 'again' in end ? Math.min(end.again, row.again ?? end.again) : (row.again ?? row.due)
  const ended = 'again' in end || row.again !== null ? null : 'failed' in end ? 'failed' : 'done'
  const payload = ended === 'done' ? null : row.payload
  run(SETTLE, due, error === undefined ? 0 : row.attempts, error ?? null, ended, payload, row.jid)
  return true
}

function nextTime(kinds: readonly string[], { get }: Statements): number | undefined {
  return get<{ next: number | null }>(NEXT, JSON.stringify(kinds))?.next ?? undefined
}

/** The condition of each state at a time. */
const STATES: { readonly [state in JobState]: (now: number) => Sql } = {
  ready: (now) => sql`ended IS NULL AND coalesce(leased, due) <= ${now}`,
  scheduled: (now) => sql`ended IS NULL AND leased IS NULL AND due > ${now}`,
  running: (now) => sql`ended IS NULL AND leased > ${now}`,
  failed: () => raw("ended = 'failed'"),
  done: () => raw("ended = 'done'"),
}
const LIVE: readonly JobState[] = ['ready', 'scheduled', 'running', 'failed']

function list(query: JobQuery, now: number, { all }: Statements) {
  const { kinds, key, withoutPayload, states = LIVE, limit, after } = query
  const columns = raw(withoutPayload ? COLUMNS : '*')
  const ofKey = key === undefined ? raw('1') : sql`key = ${key}`
  const ofKinds = kinds === undefined ? raw('1') : sql`kind IN (SELECT value FROM json_each(${JSON.stringify(kinds)}))`
  const inStates = states.map((state) => sql`(${STATES[state](now)})`)
  const inState = inStates.length === 0 ? raw('0') : sql`(${joined(inStates, ' OR ')})`
  const beyond = after === undefined ? raw('1') : sql`(due, kind, key) > (${after[0]}, ${after[1]}, ${after[2]})`
  const { text, args } = sql`SELECT ${columns} FROM job WHERE ${ofKinds} AND ${ofKey} AND ${inState} AND ${beyond}
    ORDER BY due, kind, key ${limitOf(limit + 1)}`
  const rows = all<JobRow>(text, ...args)
  const jobs = rows.slice(0, limit).map((row) => listedJob(row, now))
  const last = jobs.at(-1)
  return { jobs, ...(last && rows.length > limit ? { next: [last.due, last.kind, last.key] satisfies JobCursor } : {}) }
}

function count(now: number, { all }: Statements): readonly JobCount[] {
  const states = LIVE.map((state) => sql`WHEN ${STATES[state](now)} THEN ${state}`)
  const { text, args } = sql`SELECT kind, CASE ${joined(states, ' ')} END AS state, count(*) AS count, min(due) AS due
    FROM job WHERE ended IS NULL OR ended = 'failed' GROUP BY 1, 2`
  return all<JobCount>(text, ...args)
}

/** All but the payload. */
const COLUMNS = 'jid, kind, key, NULL AS payload, due, leased, again, attempts, fence, error, sequence, ended'

const claimOf = ({ kind, key, fence }: Job) => [kind, key, fence] as const

function jobOf({ kind, key, payload, due, attempts, fence }: JobRow): Job {
  return { kind, key, payload: payload === null ? undefined : JSON.parse(payload), due, attempts, fence }
}

function listedJob(row: JobRow, now: number): ListedJob {
  return {
    ...jobOf(row),
    state: stateOf(row, now),
    sequence: row.sequence,
    ...(row.leased === null ? {} : { leasedUntil: row.leased }),
    ...(row.error === null ? {} : { error: row.error }),
  }
}

function stateOf({ ended, leased, due }: JobRow, now: number): JobState {
  if (ended !== null) return ended
  if ((leased ?? due) <= now) return 'ready'
  return leased === null ? 'scheduled' : 'running'
}

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
const NEXT = `SELECT min((SELECT min(coalesce(leased, due)) FROM job WHERE kind = k.value AND ended IS NULL)) AS next
  FROM json_each(?) k`
