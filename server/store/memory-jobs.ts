/** Jobs in memory. store/store.ts says what claim, renew and settle do. */
import type { Job, Jobs, NewJob, Settlement } from './store.ts'

/** `leased`: until when somebody has it; `again`: the due time of an enqueueing that came during the lease. */
type Row = {
  readonly kind: string
  readonly key: string
  payload: unknown
  due: number
  attempts: number
  fence: number
  leased?: number | undefined
  again?: number | undefined
  error?: string | undefined
}

export type MemoryJobs = Jobs & {
  enqueue(job: NewJob): void
  /** Does this claim still hold? */
  holds(job: Job): boolean
}

export function memoryJobs(): MemoryJobs {
  const rows = new Map<string, Row>()
  let fence = 0
  const mine = (job: Job): Row | undefined => {
    const row = rows.get(name(job))
    return row?.leased !== undefined && row.fence === job.fence ? row : undefined
  }
  const of = (kinds: readonly string[]): Row[] => [...rows.values()].filter(({ kind }) => kinds.includes(kind))

  return {
    enqueue: ({ kind, key, due, payload }) => {
      const row = rows.get(name({ kind, key }))
      if (row === undefined) rows.set(name({ kind, key }), { kind, key, payload, due, attempts: 0, fence: 0 })
      else bringForward(row, due, payload)
    },
    holds: (job) => mine(job) !== undefined,
    claim: async ({ kinds, now, lease, max }) => {
      const ready = of(kinds).filter((row) => readyAt(row) <= now)
      ready.sort((a, b) => a.due - b.due)
      return ready.slice(0, max).map((row) => {
        row.leased = now + lease
        row.again = undefined
        row.attempts++
        row.fence = ++fence
        return jobOf(row)
      })
    },
    renew: async (job, until) => {
      const row = mine(job)
      if (row) row.leased = until
      return row !== undefined
    },
    settle: async (job, end) => {
      const row = mine(job)
      if (row && settle(row, end) === 'gone') rows.delete(name(job))
      return row !== undefined
    },
    next: async (kinds) => {
      const times = of(kinds).map(readyAt)
      return times.length === 0 ? undefined : Math.min(...times)
    },
    list: async (kind) => {
      const listed = of([kind]).sort((a, b) => a.due - b.due)
      return listed.map((row) => ({
        ...jobOf(row),
        ...(row.leased === undefined ? {} : { leasedUntil: row.leased }),
        ...(row.error === undefined ? {} : { error: row.error }),
      }))
    },
  }
}

const name = ({ kind, key }: { kind: string; key: string }): string => JSON.stringify([kind, key])
const readyAt = ({ leased, due }: Row): number => leased ?? due
const jobOf = ({ kind, key, payload, due, attempts, fence }: Row): Job => ({ kind, key, payload, due, attempts, fence })

function bringForward(row: Row, due: number, payload: unknown): void {
  if (payload !== undefined) row.payload = payload
  if (row.leased === undefined) row.due = Math.min(row.due, due)
  else row.again = Math.min(row.again ?? due, due)
}

function settle(row: Row, end: Settlement): 'kept' | 'gone' {
  if ('done' in end && row.again === undefined) return 'gone'
  const failed = 'error' in end && end.error !== undefined
  const due = 'done' in end ? row.again! : Math.min(end.again, row.again ?? end.again)
  row.due = due
  row.leased = undefined
  row.again = undefined
  row.attempts = failed ? row.attempts : 0
  row.error = failed ? end.error : undefined
  return 'kept'
}
