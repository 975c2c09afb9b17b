/**
 * Jobs in SQLite. A job that has not ended is claimable from `coalesce(leased, due)`: when it is due, or when the lease
 * of the one who had it ran out. Fences come from one counter, so that a fence is never given twice.
 */
import { LISTED_STATES, type JobCount, type JobState } from '../job-state.ts'
import { cursorOf, listedJob } from '../job-transitions.ts'
import type { JobQuery, Jobs } from '../store.ts'
import { fieldsOf, type JobRow } from './job-rows.ts'
import { joined, limitOf, raw, sql } from './sql.ts'
import type { Sql, Statements } from './sql.ts'
import type { Writer } from './writer.ts'

export type SqliteJobs = Jobs & {
  /** A commit has enqueued jobs. */
  enqueued(): void
}

/** @param clock the time at which states are listed */
export function jobs(statements: Statements, writer: Writer, clock: () => number): SqliteJobs {
  /** What nextTime answered since the last change of a job: a worker asks after every commit, and few of them have jobs. */
  const nextTimes = new Map<string, number | undefined>()
  const next = (kinds: readonly string[]): number | undefined => {
    const key = JSON.stringify(kinds)
    if (!nextTimes.has(key)) nextTimes.set(key, nextTime(key, statements))
    return nextTimes.get(key)
  }
  const change: Writer['write'] = async (name, argument) => {
    const result = await writer.write(name, argument)
    nextTimes.clear()
    return result
  }
  return {
    claim: async (query) => {
      const due = next(query.kinds)
      if (due === undefined || due > query.now) return []
      return change('claimJobs', query)
    },
    renew: (job, until) => change('renewJob', { job, until }),
    settle: (job, end) => change('settleJob', { job, end }),
    retry: (kind, key, now) => change('retryJob', { kind, key, now }),
    next: async (kinds) => next(kinds),
    enqueued: () => nextTimes.clear(),
    list: async (query) => list(query, clock(), statements),
    count: async () => count(clock(), statements),
  }
}

/** When the first job of these kinds (a JSON list) can be claimed. */
function nextTime(kinds: string, { get }: Statements): number | undefined {
  return get<{ next: number | null }>(NEXT, kinds)?.next ?? undefined
}

/** The condition of each state at a time. */
const STATES: { readonly [state in JobState]: (now: number) => Sql } = {
  ready: (now) => sql`ended IS NULL AND coalesce(leased, due) <= ${now}`,
  scheduled: (now) => sql`ended IS NULL AND leased IS NULL AND due > ${now}`,
  running: (now) => sql`ended IS NULL AND leased > ${now}`,
  failed: () => raw("ended = 'failed'"),
  done: () => raw("ended = 'done'"),
}

function list(query: JobQuery, now: number, { all }: Statements) {
  const { kinds, key, withoutPayload, states = LISTED_STATES, limit, after } = query
  const columns = raw(withoutPayload ? COLUMNS : '*')
  const ofKey = key === undefined ? raw('1') : sql`key = ${key}`
  const ofKinds = kinds === undefined ? raw('1') : sql`kind IN (SELECT value FROM json_each(${JSON.stringify(kinds)}))`
  const inStates = states.map((state) => sql`(${STATES[state](now)})`)
  const inState = inStates.length === 0 ? raw('0') : sql`(${joined(inStates, ' OR ')})`
  const beyond = after === undefined ? raw('1') : sql`(due, kind, key) > (${after[0]}, ${after[1]}, ${after[2]})`
  const { text, args } = sql`SELECT ${columns} FROM job WHERE ${ofKinds} AND ${ofKey} AND ${inState} AND ${beyond}
    ORDER BY due, kind, key ${limitOf(limit + 1)}`
  const rows = all<JobRow>(text, ...args)
  const jobs = rows.slice(0, limit).map((row) => listedJob(fieldsOf(row), now))
  const last = jobs.at(-1)
  return { jobs, ...(last && rows.length > limit ? { next: cursorOf(last) } : {}) }
}

function count(now: number, { all }: Statements): readonly JobCount[] {
  const states = LISTED_STATES.map((state) => sql`WHEN ${STATES[state](now)} THEN ${state}`)
  const { text, args } = sql`SELECT kind, CASE ${joined(states, ' ')} END AS state, count(*) AS count, min(due) AS due
    FROM job WHERE ended IS NULL OR ended = 'failed' GROUP BY 1, 2`
  return all<JobCount>(text, ...args)
}

/** All but the payload. */
const COLUMNS = 'jid, kind, key, NULL AS payload, due, leased, again, attempts, fence, error, sequence, ended'

const NEXT = `SELECT min((SELECT min(coalesce(leased, due)) FROM job WHERE kind = k.value AND ended IS NULL)) AS next
  FROM json_each(?) k`
