/**
 * The subscriptions without the rest of a hub: a store, the matcher and the worker over a clock that the test moves.
 * Records are written straight into the store, with the audience that the test says.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import type { Definitions } from '../../server/definitions/definitions.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import type { Key, Resource } from '../../server/fhir/types.ts'
import type { VisibilityRule } from '../../server/domain/visibility/rule.ts'
import { HANDSHAKE, PURGE } from '../../server/domain/subscription/job-kinds.ts'
import { createWorker, type Worker } from '../../server/jobs/worker.ts'
import { extract } from '../../server/search/extract.ts'
import type { Audience } from '../../server/search/query.ts'
import type { NewJob, Store } from '../../server/store/store.ts'
import type { StoreAddress } from '../../server/store/address.ts'
import { openStore } from '../../server/store/open.ts'
import { createChannels } from '../../server/subscriptions/channels/index.ts'
import type { LogReader } from '../../server/jobs/log-reader.ts'
import { createMatcher } from '../../server/subscriptions/matcher.ts'
import type { SubscriptionNeeds } from '../../server/subscriptions/needs.ts'
import { createSubscriptions } from '../../server/subscriptions/subscriptions.ts'
import { subscription as build, type SubscriptionOptions } from '../builders/index.ts'
import { ROOT } from '../checks/files.ts'

export const START = Date.UTC(2026, 10, 24, 5)
export const BASE = 'http://hub.test/fhir'
export const TOPIC = 'https://no-wrong-door.example/fhir/SubscriptionTopic'

const visibility = JSON.parse(readFileSync(join(ROOT, 'capability/rules/visibility.json'), 'utf8')) as VisibilityRule

let loading: Promise<Definitions> | undefined
export const definitions = (): Promise<Definitions> => (loading ??= loadDefinitions(ROOT))

export type SubscriptionScene = {
  readonly store: Store
  readonly needs: SubscriptionNeeds
  readonly worker: Worker
  readonly clock: { time: number }
  /** What the hub wrote into its log. */
  readonly logged: string[]
  /** Writes a record: its next version, known to these agencies (default: all). */
  put(resource: Resource & { readonly id: string }, more?: Written): Promise<number>
  remove(key: Key, audience?: readonly Audience[]): Promise<number>
  /** Writes a subscription as its owner, with the job that the write path adds. */
  subscribe(resource: Resource & { readonly id: string }, owner?: string): Promise<number>
  /** Matches what was committed and runs what is due, until nothing is left to do now. */
  run(): Promise<void>
  /** Moves the clock to the next due job, if there is one, and runs. The daily purge of events does not count. */
  runNext(): Promise<boolean>
  status(id: string): Promise<{ readonly status: string; readonly error?: string }>
  /** A matcher of its own over the same store, as after a restart. */
  again(): LogReader
  close(): Promise<void>
}

export type Written = {
  readonly audience?: readonly Audience[]
  readonly author?: string
  readonly jobs?: readonly NewJob[]
}

export type Setting = {
  readonly store?: (store: Store) => Store
  readonly needs?: Partial<SubscriptionNeeds>
  readonly address?: StoreAddress
}

const EVERYONE: readonly Audience[] = [{ agency: '*' }]

export async function openScene(setting: Setting = {}): Promise<SubscriptionScene> {
  const clock = { time: START }
  const now = () => clock.time
  const opened = await openStore(setting.address ?? { kind: 'memory' }, { clock: now })
  const store = setting.store?.(opened) ?? opened
  const loaded = await definitions()
  const context = { base: BASE, timeZone: 'America/Chicago' }
  const logged: string[] = []
  const log = (event: string) => void logged.push(event)
  const needs: SubscriptionNeeds = {
    store,
    definitions: loaded,
    visibility,
    clock: createClock(now),
    sleep: (_ms, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    extract: (resource) => extract(resource, loaded.capability(resource.resourceType)?.searchParameters ?? [], context),
    write: writeStraight(store, (resource) => needs.extract(resource)),
    base: () => BASE,
    timeZone: context.timeZone,
    channels: createChannels({ loopback: true, now, answerLimit: 4096 }),
    retrySchedule: loadConfig({}).retrySchedule,
    requestTimeout: 30,
    notificationLimit: loadConfig({}).notificationLimit,
    random: () => 0.5,
    wake: () => undefined,
    log: { info: log, warn: log, error: log },
    ...setting.needs,
  }
  const { handlers, matcher } = createSubscriptions(needs)
  const worker = createWorker({ store, clock: { now }, sleep: needs.sleep, handlers, concurrency: 16 })

  const put: SubscriptionScene['put'] = async (resource, { audience = EVERYONE, author = 'es', jobs = [] } = {}) => {
    const entries = needs.extract(resource)
    const { versions } = await store.commit({
      writes: [{ kind: 'put', method: 'PUT', resource, entries, audience, author }],
      jobs,
    })
    return versions[0]!.version
  }
  const run = async (): Promise<void> => {
    await matcher.drain()
    await worker.runDue()
  }
  return {
    store,
    needs,
    worker,
    clock,
    logged,
    put,
    remove: async (key, audience = EVERYONE) =>
      (await store.commit({ writes: [{ kind: 'remove', key, entries: [], audience, author: 'es' }] })).sequence,
    subscribe: (resource, owner = 'abe') =>
      put(resource, {
        author: owner,
        audience: [{ agency: owner }, { agency: 'board' }],
        jobs: [{ kind: HANDSHAKE, key: resource.id, due: clock.time }],
      }),
    run,
    async runNext() {
      const next = await store.jobs.next(Object.keys(handlers).filter((kind) => kind !== PURGE))
      if (next === undefined) return false
      clock.time = Math.max(clock.time, next)
      await run()
      return true
    },
    async status(id) {
      const version = await store.read({ type: 'Subscription', id }, 'unrestricted')
      return JSON.parse(version!.text) as { status: string; error?: string }
    },
    again: () => createMatcher(needs),
    close: () => store.close(),
  }
}

/** What the write path commits for the hub, without its checks: the next version of a record, where it is at the one expected. */
const writeStraight =
  (store: Store, extracted: SubscriptionNeeds['extract']): SubscriptionNeeds['write'] =>
  async (change, along) => {
    if (change.kind !== 'put' || !Array.isArray(change.ifMatch)) throw new Error('The hub changes what it has read.')
    const { resource } = change
    const audience = (await store.indexed({ type: resource.resourceType, id: resource.id }))?.audience ?? []
    const entries = extracted(resource)
    const expect = { version: change.ifMatch as readonly number[] }
    await store.commit({
      writes: [{ kind: 'put', method: 'PUT', resource, entries, audience, author: 'hub', expect }],
      ...along,
    })
  }

/** A subscription to a topic of the hub, by default to referrals created, id-only. */
export const subscription = (id: string, endpoint: string, options: SubscriptionOptions = {}) =>
  ({ ...build(endpoint, options), id }) as Resource & { readonly id: string }

/** A referral Task, by default sent to abe. */
export function task(
  id: string,
  more: { readonly [element: string]: unknown } = {},
): Resource & { readonly id: string } {
  return {
    resourceType: 'Task',
    id,
    status: 'requested',
    intent: 'order',
    code: { coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code: 'fulfill' }] },
    for: { reference: 'Patient/elvis' },
    owner: { reference: 'Organization/abe' },
    requester: { reference: 'Organization/es' },
    ...more,
  } as Resource & { readonly id: string }
}
