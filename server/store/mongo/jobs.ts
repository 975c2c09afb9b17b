/**
 * Jobs in MongoDB: one row for each, which any number of processes change at the same time. A change that depends on what
 * was read names the revision that it read: when another one was first it changes nothing, and looks again.
 */
import { MongoBulkWriteError, type AnyBulkWriteOperation, type Collection, type Filter, type FindCursor } from 'mongodb'
import { LISTED_STATES, type JobCount, type JobState } from '../job-state.ts'
import {
  absentJob,
  claimed,
  cursorOf,
  enqueued,
  jobOf,
  listedJob,
  retried,
  settled,
  type JobChange,
  type JobFields,
} from '../job-transitions.ts'
import { jobName, type EnqueuedJob } from '../new-jobs.ts'
import type { Job, JobQuery, Jobs, Settlement } from '../store.ts'
import { beyond, claimOf, fieldsOf, NEVER, ORDER, STATES, updateOf, WITHOUT_PAYLOAD } from './job-rows.ts'
import type { JobRow, ReadRow } from './job-rows.ts'

export { JOB_INDEXES, type JobRow } from './job-rows.ts'

export type MongoJobs = Jobs & {
  /**
   * Takes the jobs of one commit, or of several in their order. A replay (a commit projected twice, or by two processes at
   * once) changes nothing.
   */
  enqueue(jobs: readonly EnqueuedJob[]): Promise<void>
  /** Does this claim still hold? Advisory: see Work.claim. */
  holds(job: Job): Promise<boolean>
}

/** @param clock the time at which states are listed */
export function mongoJobs(rows: Collection<JobRow>, clock: () => number): MongoJobs {
  return {
    enqueue: (jobs) => enqueue(jobs, rows),
    holds: async (job) => (await rows.findOne(claimOf(job), { projection: { _id: 1 } })) !== null,
    claim: (query) => claim(query, rows),
    renew: async (job, leased) => (await rows.updateOne(claimOf(job), updateOf({ leased }))).matchedCount === 1,
    settle: (job, end) => settle(job, end, rows),
    retry: async (kind, key, now) => {
      const failed: Filter<JobRow> = { _id: jobName({ kind, key }), ended: 'failed' }
      return (await rows.updateOne(failed, updateOf(retried(now)))).matchedCount === 1
    },
    next: (kinds) => next(kinds, rows),
    list: (query) => list(query, clock(), rows),
    count: () => count(clock(), rows),
  }
}

/** Each attempt that fails means that another process changed the job, so that this many are not reached by chance. */
const ATTEMPTS = 50

/** @throws when others are always first */
async function untilDecided<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  for (let count = 0; count < ATTEMPTS; count += 1) {
    const decided = await attempt()
    if (decided !== undefined) return decided
  }
  throw new Error('Other processes change the same jobs all the time. Try again later.')
}

const enqueue = (jobs: readonly EnqueuedJob[], rows: Collection<JobRow>): Promise<void> =>
  untilDecided(async () => {
    const operations = enqueueings(jobs, await rowsOf(jobs, rows))
    return operations.length === 0 || (await areApplied(operations, rows)) || undefined
  }).then(() => undefined)

async function rowsOf(jobs: readonly EnqueuedJob[], rows: Collection<JobRow>): Promise<ReadonlyMap<string, ReadRow>> {
  if (jobs.length === 0) return new Map()
  const names = [...new Set(jobs.map(jobName))]
  const options = { projection: WITHOUT_PAYLOAD, batchSize: names.length + 1 }
  const found = await rows.find({ _id: { $in: names } }, options).toArray()
  return new Map(found.map((row) => [row._id, row]))
}

/** One operation for each row that the jobs change. A row that is not there has revision 0. */
function enqueueings(
  jobs: readonly EnqueuedJob[],
  found: ReadonlyMap<string, ReadRow>,
): AnyBulkWriteOperation<JobRow>[] {
  const changes = new Map<string, { readonly before: JobFields; readonly change: JobChange }>()
  for (const job of jobs) {
    const name = jobName(job)
    const row = found.get(name)
    const { before, change } = changes.get(name) ?? {
      before: row === undefined ? absentJob(job) : fieldsOf(row),
      change: row === undefined ? absentJob(job) : {},
    }
    const next = enqueued({ ...before, ...change }, job)
    if (next !== undefined) changes.set(name, { before, change: { ...change, ...next } })
  }
  return [...changes].map(([name, { before, change }]) => {
    const rev = found.get(name)?.rev ?? 0
    return { updateOne: { filter: { _id: name, rev }, update: updateOf(change, before), upsert: rev === 0 } }
  })
}

/** False when another process changed one of the rows first; the operations on the others are applied. */
async function areApplied(operations: AnyBulkWriteOperation<JobRow>[], rows: Collection<JobRow>): Promise<boolean> {
  try {
    const { matchedCount, upsertedCount } = await rows.bulkWrite(operations, { ordered: false })
    return matchedCount + upsertedCount === operations.length
  } catch (error) {
    if (isOfDuplicates(error)) return false
    throw error
  }
}

const DUPLICATE_KEY = 11_000

/** Other processes inserted the same rows, and nothing else went wrong. */
const isOfDuplicates = (error: unknown): boolean =>
  error instanceof MongoBulkWriteError &&
  error.code === DUPLICATE_KEY &&
  [error.writeErrors].flat().every(({ code }) => code === DUPLICATE_KEY)

/** How often a claimer looks again when others took what it saw. It answers what it has then. */
const ROUNDS = 10
/** How many jobs a claimer looks at, at most, to take some of them. */
const WINDOW = 1_000

type Claim = Parameters<Jobs['claim']>[0]

async function claim({ kinds, now, lease, max }: Claim, rows: Collection<JobRow>): Promise<readonly Job[]> {
  const got: Job[] = []
  for (let round = 0; round < ROUNDS && got.length < max && kinds.length > 0; round += 1) {
    const missing = max - got.length
    const ready = await readyRows({ kinds, now, max: Math.max(missing, Math.min(missing * 2 ** round, WINDOW)) }, rows)
    // In the first round the oldest; then any of more and more, so that claimers get out of the way of each other.
    const first = Math.floor(Math.random() * Math.max(ready.length - missing + 1, 1))
    const taken = await Promise.all(ready.slice(first, first + missing).map((row) => take(row, now + lease, rows)))
    got.push(...taken.filter((job) => job !== undefined))
    if (!taken.includes(undefined)) break
  }
  return got
}

async function readyRows({ kinds, now, max }: Omit<Claim, 'lease'>, rows: Collection<JobRow>): Promise<ReadRow[]> {
  const cursor = rows.find({ kind: { $in: [...kinds] }, ready: { $lte: now } }, { projection: WITHOUT_PAYLOAD })
  return limited(cursor.sort({ due: 1, _id: 1 }), max).toArray()
}

/** Claims one job, unless another process changed it first. */
async function take(row: ReadRow, until: number, rows: Collection<JobRow>): Promise<Job | undefined> {
  const fields = fieldsOf(row)
  const update = updateOf(claimed(fields, until, row.fence + 1), fields)
  const mine = await rows.findOneAndUpdate({ _id: row._id, rev: row.rev }, update, { returnDocument: 'after' })
  return mine === null ? undefined : jobOf(fieldsOf(mine))
}

const settle = (job: Job, end: Settlement, rows: Collection<JobRow>): Promise<boolean> =>
  untilDecided(async () => {
    const row = await rows.findOne<ReadRow>(claimOf(job), { projection: WITHOUT_PAYLOAD })
    if (row === null) return false
    const fields = fieldsOf(row)
    const { matchedCount } = await rows.updateOne(
      { _id: row._id, rev: row.rev },
      updateOf(settled(fields, end), fields),
    )
    return matchedCount === 1 || undefined
  })

async function next(kinds: readonly string[], rows: Collection<JobRow>): Promise<number | undefined> {
  if (kinds.length === 0) return undefined
  const filter: Filter<JobRow> = { kind: { $in: [...kinds] }, ready: { $lt: NEVER } }
  const first = await rows.findOne<Pick<JobRow, 'ready'>>(filter, {
    sort: { ready: 1 },
    projection: { _id: 0, ready: 1 },
  })
  return first?.ready
}

async function list(query: JobQuery, now: number, rows: Collection<JobRow>) {
  const { states = LISTED_STATES, limit, withoutPayload } = query
  if (states.length === 0) return { jobs: [] }
  const cursor = rows.find<ReadRow>(
    listedFilter({ ...query, states }, now),
    withoutPayload ? { projection: WITHOUT_PAYLOAD } : {},
  )
  const found = await limited(cursor.sort(ORDER), limit + 1).toArray()
  const jobs = found.slice(0, limit).map((row) => listedJob(fieldsOf(row), now))
  const last = jobs.at(-1)
  return { jobs, ...(last && found.length > limit ? { next: cursorOf(last) } : {}) }
}

function listedFilter(
  { kinds, key, states, after }: JobQuery & { states: readonly JobState[] },
  now: number,
): Filter<JobRow> {
  const inStates = states.map((state) => STATES[state](now))
  const conditions: Filter<JobRow>[] = [
    { ended: { $in: [...new Set(inStates.map(({ ended }) => ended))] } },
    { $or: inStates },
    ...(kinds ? [{ kind: { $in: [...kinds] } }] : []),
    ...(key === undefined ? [] : [{ key }]),
    ...(kinds && key !== undefined ? [{ _id: { $in: kinds.map((kind) => jobName({ kind, key })) } }] : []),
    ...(after ? [beyond(after)] : []),
  ]
  return { $and: conditions }
}

/** At most so many, in one answer where they have room in one; `Infinity` is all of them. */
const limited = <T>(cursor: FindCursor<T>, max: number): FindCursor<T> =>
  Number.isFinite(max) ? cursor.limit(max).batchSize(max + 1) : cursor

async function count(now: number, rows: Collection<JobRow>): Promise<readonly JobCount[]> {
  const live = {
    $cond: [{ $lte: ['$ready', now] }, 'ready', { $cond: [{ $eq: ['$leased', null] }, 'scheduled', 'running'] }],
  }
  const groups = rows.aggregate<{ _id: Pick<JobCount, 'kind' | 'state'>; count: number; due: number }>([
    { $match: { ended: { $in: ['no', 'failed'] } } },
    {
      $group: {
        _id: { kind: '$kind', state: { $cond: [{ $eq: ['$ended', 'no'] }, live, '$ended'] } },
        count: { $sum: 1 },
        due: { $min: '$due' },
      },
    },
  ])
  return (await groups.toArray()).map(({ _id, count, due }) => ({ ..._id, count, due }))
}
