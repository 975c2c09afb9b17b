/**
 * Brings a store up to date before the hub listens: what other processes posted, index entries, audiences and timers that
 * were computed by other rules, the definitions that this hub publishes, and the samples of a store without agencies.
 */
import type { Config } from '../config.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { openStatuses } from '../domain/referral/lifecycle.ts'
import type { Log } from '../log.ts'
import type { CircleNeeds } from '../write/agreements.ts'
import type { WriteNeeds } from '../write/needs.ts'
import type { LoadedTables } from './load-rule-tables.ts'
import { prepareAudiences } from './prepare-audiences.ts'
import { prepareIndex, type IndexNeeds } from './prepare-index.ts'
import { prepareTimers, type TimerNeeds } from './prepare-timers.ts'
import { publishDefinitions } from './publish.ts'
import { seedSamples } from './seed.ts'

export type PrepareNeeds = {
  readonly indexing: IndexNeeds
  /** By what audiences are computed; undefined where every record is known to everyone. */
  readonly circles?: CircleNeeds
  /** What the timers of referrals run by; undefined where there are none. */
  readonly timers?: TimerNeeds
  readonly log: Log
}

export type Publishing = {
  /** What the hub was started with. */
  readonly definitions: Definitions
  /** The folder of sample agencies; undefined: none. */
  readonly samples: string | undefined
  /** The time (ms). */
  readonly now: number
}

/** Errors: ConfigFault when a newer hub keeps the store under another visibility rule. */
export async function prepareStore({ indexing, circles, timers, log }: PrepareNeeds): Promise<void> {
  const { write, software } = indexing
  const isNewStore = (await write.store.last()) === 0
  await write.policy.posted?.load()
  await prepareIndex(indexing)
  await prepareAudiences({ write, circles, software, isNewStore, log })
  if (timers) await prepareTimers(timers)
}

/** Puts what the hub publishes into the store, and the samples where it holds no agency yet. */
export async function publish(
  { indexing: { write, software }, log }: PrepareNeeds,
  { definitions, samples, now }: Publishing,
): Promise<void> {
  if ((await publishDefinitions({ ...write, definitions }, software)) === 'newer')
    log.warn('definitions of a newer version kept', {
      reason: `The store holds the definitions of a newer hub than this one (${software}); their records stay as they are.`,
    })
  if (samples !== undefined) await seedSamples(write, samples, now)
}

/** By what audiences and timers are computed where the rules of the work between agencies hold. */
export function preparations(
  { store, range }: WriteNeeds & { readonly range: CircleNeeds['range'] },
  { visibility, timers: table, holidays, lifecycle }: LoadedTables,
  { timeZone }: Config,
  { log, clock }: { readonly log: Log; readonly clock: TimerNeeds['clock'] },
): Pick<PrepareNeeds, 'circles' | 'timers'> {
  const calendar = { holidays, timeZone }
  return {
    circles: { store, visibility, range },
    timers: { store, clock, table, calendar, open: openStatuses(lifecycle), log },
  }
}
