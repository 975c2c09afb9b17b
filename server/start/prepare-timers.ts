/**
 * Arms the timers of referrals and consents that the store holds when the table of timers, the calendar or the time zone is not the one
 * by which they were armed: each open referral gets its job, which then reads its history. For a store that an older hub
 * wrote as well. Interrupted, it begins again: to arm twice is to arm once.
 */
import { createHash } from 'node:crypto'
import { CONSENT_TIMER_JOB } from '../domain/timer/consent-steps.ts'
import { REFERRAL_TIMER } from '../domain/timer/job-kind.ts'
import type { TimerTable } from '../domain/timer/table.ts'
import { isReferral } from '../domain/timer/thread.ts'
import { idOf } from '../fhir/element.ts'
import type { Key, Resource } from '../fhir/types.ts'
import { currentResource, resourceOf } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import type { Cursor, Filter } from '../search/query.ts'
import { CommitConflict } from '../store/errors.ts'
import type { Store, Write } from '../store/store.ts'

export type TimerNeeds = {
  readonly store: Store
  readonly clock: { now(): number }
  readonly table: TimerTable
  /** What due times depend on in addition to the table: holidays, time zone. */
  readonly calendar: unknown
  /** The statuses of a referral that was sent and has not ended. */
  readonly open: readonly string[]
  readonly log: { info(event: string, fields: { readonly count: number }): void }
}

/** Internal record: the digest of the table by which all open referrals are armed. */
const TIMERS: Key = { type: 'Published', id: 'timers' }
const PAGE = 200

export async function prepareTimers(needs: TimerNeeds): Promise<void> {
  const { store, log } = needs
  const digest = digestOf(needs)
  const stored = await unrestricted(store).read(TIMERS)
  const record = currentResource(stored) as (Resource & { readonly digest?: unknown }) | undefined
  if (record?.digest === digest) return
  const count = await armAll(needs)
  const write: Write = {
    kind: 'put',
    method: 'PUT',
    resource: { resourceType: TIMERS.type, id: TIMERS.id, digest },
    entries: [],
    audience: [],
    author: 'hub',
    expect: record && stored ? { version: [stored.version] } : 'absent',
  }
  try {
    await store.commit({ writes: [write] })
  } catch (error) {
    // Another process has armed them meanwhile, by its own table: the next start compares again.
    if (!(error instanceof CommitConflict)) throw error
  }
  if (count > 0) log.info('timers armed', { count })
}

const digestOf = ({ table, calendar }: TimerNeeds): string =>
  createHash('sha256')
    .update(JSON.stringify([table, calendar]))
    .digest('hex')

/** Enqueues the job of each open referral, due now: it finds out itself when its next timer is. Answers how many. */
async function armAll({ store, clock, open }: TimerNeeds): Promise<number> {
  const where: Filter = { op: 'or', of: open.map((code) => ({ op: 'token', param: 'status', code })) }
  let after: Cursor | undefined
  let count = 0
  do {
    const query = { type: 'Task', where, limit: PAGE, ...(after ? { after } : {}) }
    const { versions, next } = await unrestricted(store).find(query)
    const due = clock.now()
    const jobs = versions
      .filter((version) => isReferral(resourceOf(version)))
      .map(({ id }) => ({ kind: REFERRAL_TIMER, key: id, due }))
    if (jobs.length > 0) await store.commit({ jobs })
    count += jobs.length
    after = next
  } while (after)
  return count + (await armConsents({ store, clock }))
}

/** The same for each participant with an active consent: the job finds out whether it ends. */
async function armConsents({ store, clock }: Pick<TimerNeeds, 'store' | 'clock'>): Promise<number> {
  const participants = new Set<string>()
  const where: Filter = { op: 'token', param: 'status', code: 'active' }
  for await (const version of unrestricted(store).all({ type: 'Consent', where }))
    participants.add(idOf(resourceOf(version).patient, 'Patient') ?? '')
  const due = clock.now()
  const jobs = [...participants].map((key) => ({ kind: CONSENT_TIMER_JOB, key, due }))
  for (let done = 0; done < jobs.length; done += PAGE) await store.commit({ jobs: jobs.slice(done, done + PAGE) })
  return jobs.length
}
