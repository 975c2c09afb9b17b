/** The hub put together: the one file that knows every part. Reads from top to bottom as the parts depend on each other. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Config } from './config.ts'
import type { Clock } from './clock.ts'
import { completing } from './completing.ts'
import type { Log } from './log.ts'
import { createLive } from './definitions/live.ts'
import { loadDefinitions } from './definitions/load.ts'
import type { Definitions, SearchParameter } from './definitions/definitions.ts'
import { checkHolidays, type HolidayRules } from './domain/calendar/holidays.ts'
import { createCalendar, type Calendar } from './domain/calendar/working-days.ts'
import { newHubId } from './domain/participant/hub-id.ts'
import { parseLifecycle } from './domain/referral/lifecycle.ts'
import type { VisibilityRule } from './domain/visibility/rule.ts'
import { dateRange } from './fhir/dates.ts'
import type { Caller, JsonObject, Resource } from './fhir/types.ts'
import { BASE_PATH, createApp } from './http/app.ts'
import { createRouter, type Offered } from './http/routes.ts'
import { listen, type Listening } from './http/server.ts'
import { identify } from './auth/open.ts'
import { capabilities } from './interactions/capabilities.ts'
import { create, type CreateNeeds } from './interactions/create.ts'
import { history } from './interactions/history.ts'
import { read } from './interactions/read.ts'
import { remove } from './interactions/remove.ts'
import { search } from './interactions/search.ts'
import { transaction } from './interactions/transaction.ts'
import { update } from './interactions/update.ts'
import { vread } from './interactions/vread.ts'
import type { WriteNeeds, WritingRule } from './write/needs.ts'
import { createIndexState, indexDigests, withIndexState } from './write/index-state.ts'
import { retryOnConflict, write } from './write/pipeline.ts'
import { createPostedDefinitions, type PostedDefinitions, type PostedNeeds } from './write/posted-definitions.ts'
import type { LogReader } from './jobs/log-reader.ts'
import { createIndexFollower, REINDEX, reindex } from './jobs/reindex.ts'
import { createPostedFollower } from './jobs/posted-follower.ts'
import { sleep } from './jobs/sleep.ts'
import { createWorker, type Worker } from './jobs/worker.ts'
import { topicsOf } from './domain/subscription/topic.ts'
import { operations } from './operations/index.ts'
import { prepareAudiences } from './start/prepare-audiences.ts'
import { prepareIndex, type IndexNeeds } from './start/prepare-index.ts'
import { publishDefinitions } from './start/publish.ts'
import { seedSamples } from './start/seed.ts'
import { ALL } from './search/query.ts'
import { checkParameters, extract } from './search/extract.ts'
import { createCursors } from './search/page.ts'
import { SEARCH_TYPE_NAMES } from './search/types/index.ts'
import { loadSecretKey } from './start/secret-key.ts'
import { openStore } from './store/open.ts'
import type { Job, Store } from './store/store.ts'
import { createChannels } from './subscriptions/channels/index.ts'
import { createSubscriptions } from './subscriptions/subscriptions.ts'
import type { Means } from './validate/fair.ts'
import { createApart } from './validate/large/apart.ts'
import { createTurns } from './validate/turns.ts'
import type { Validator } from './validate/validator.ts'

export type Hub = {
  /** Begins to answer; the address is the FHIR base. */
  listen(): Promise<{ readonly url: string; readonly port: number }>
  /** Reads the log to its end: what other processes posted is in effect, and events are made of every change. */
  catchUp(): Promise<void>
  /** Stops accepting, finishes what is under way, releases claims, closes the store. */
  stop(): Promise<void>
  readonly agencies: readonly { readonly id: string; readonly name: string }[]
}

const ROOT_FOLDER = fileURLToPath(new URL('..', import.meta.url))
const GRACE = 10_000
/** Seconds in which an endpoint must answer. */
const REQUEST_TIMEOUT = 30
/** The author of what the hub itself writes. */
const HUB = 'hub'
/** Jobs that run at the same time. */
const CONCURRENT_JOBS = 32

type With = {
  readonly log: Log
  readonly clock: Clock
  /** A store that is open already, in place of the one that the settings name; the hub closes it when it stops. */
  readonly store?: Store
  /** In place of those of the project's folders. */
  readonly definitions?: Definitions
  readonly visibility?: VisibilityRule
}

export async function createHub(config: Config, { log, clock, ...given }: With): Promise<Hub> {
  const declared = given.definitions ?? (await definitionsOf(config))
  const visibility = given.visibility ?? ((await rule('visibility')) as unknown as VisibilityRule)
  const indexState = createIndexState(indexDigests(declared.capabilities, indexContext(config, visibility)))
  const definitions = withIndexState(declared, indexState)
  for (const offer of definitions.capabilities) checkParameters(offer.searchParameters)
  const secret = loadSecretKey(config)
  const judging = { rules: config.rules, clock: { now: clock.now, timeZone: config.timeZone } }
  const apart = createApart({ ...judging, limit: config.checkLimit })
  const store = given.store ?? (await openStore(config.store, { clock: clock.now }))
  const leftOut = (key: string, reason: string): void => log.warn('definition left out', { key, reason })
  const needs = {
    ...(await writeNeeds(config, inEffect(definitions, { ...judging, apart, inTurn: createTurns() }, store, leftOut), {
      store,
      secret,
      visibility,
    })),
    timeZone: config.timeZone,
    newId: clock.newId,
    cursors: createCursors(secret),
    calendar: createCalendar(checkHolidays((await rule('holidays')) as unknown as HolidayRules), config.timeZone),
  }
  const software = await version()
  const indexing: IndexNeeds = { write: needs, state: indexState, clock, sleep, software, log }
  await prepareStore(indexing, log)
  await fill(needs, definitions, config, { log, now: clock.now(), software })

  const { readers, worker } = background(needs, config, { log, clock, base: () => base, indexing })
  const app = createApp({
    ...(await offeredBy(needs, config, clock.now())),
    identify: identify(store, config.publicUrl),
    now: clock.now,
    log: ({ requestId, ...line }) => log.info('request', { ...line, request: requestId }),
    fault: (fault, request) => log.error('fault', { fault, request }),
    publicUrl: config.publicUrl,
    bodyLimit: config.bodyLimit,
  })

  let listening: Listening | undefined
  let base = config.publicUrl ?? ''
  return {
    agencies: await agenciesOf(store),
    async listen() {
      listening = await listen(app, { host: config.host, port: config.port })
      base = config.publicUrl ?? `http://${inUrl(config.host)}:${listening.port}${BASE_PATH}`
      for (const reader of readers) reader.start()
      worker.start()
      return { url: base, port: listening.port }
    },
    async catchUp() {
      await Promise.all(readers.map((reader) => reader.drain()))
    },
    async stop() {
      await listening?.stop(GRACE)
      await Promise.all([...readers.map((reader) => reader.stop()), worker.stop(GRACE)])
      await apart.end()
      await store.close()
    },
  }
}

/** An IPv6 address stands in brackets in a URL (RFC 3986 section 3.2.2). */
const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** Does search evaluate a parameter, its type and its expression? */
function isReadable(parameter: SearchParameter): boolean {
  try {
    checkParameters([parameter])
    return true
  } catch {
    return false
  }
}

/** Everything that is answered, by name: the interactions and the operations. */
async function offeredBy(
  needs: CreateNeeds & { readonly calendar: Calendar },
  config: Config,
  now: number,
): Promise<Offered> {
  const { definitions } = needs
  const offered = operations(needs)
  const interactions = {
    read: read(needs),
    vread: vread(needs),
    create: create(needs),
    update: update(needs),
    delete: remove(needs),
    'history-instance': history(needs),
    'search-type': search(needs),
    capabilities: capabilities({
      definitions,
      operations: offered,
      system: ['transaction', 'batch'],
      topics: topicsOf(definitions).map((topic) => topic.url),
      version: await version(),
      date: new Date(now).toISOString(),
    }),
  }
  const route = createRouter({ interactions, operations: offered })
  const whole = { ...interactions, transaction: transaction({ ...needs, route, limit: config.transactionLimit }) }
  return { interactions: whole, operations: offered }
}

type Kept = { readonly store: Store; readonly secret: Buffer; readonly visibility: VisibilityRule }

async function writeNeeds(config: Config, judged: InEffect, { store, secret, visibility }: Kept): Promise<WriteNeeds> {
  const place = { base: config.publicUrl ?? '', timeZone: config.timeZone }
  return {
    store,
    ...judged,
    rules: config.rules,
    visibility,
    writing: (await rule('writing')) as unknown as WritingRule,
    lifecycle: parseLifecycle(await rule('referral-lifecycle')),
    extract: (resource: Resource) =>
      extract(resource, judged.definitions.capability(resource.resourceType)?.searchParameters ?? [], place),
    range: (text) => dateRange(text, config.timeZone) ?? { start: Infinity, end: -Infinity },
    ssnKey: secret,
    newHubId,
    loopbackEndpoints: config.loopbackEndpoints,
  }
}

type Around = { readonly log: Log; readonly clock: Clock; base(): string; readonly indexing: IndexNeeds }

/** What goes on beside the requests: changes become events, events are told. */
function background(
  needs: WriteNeeds,
  config: Config,
  { log, clock, base, indexing }: Around,
): { readers: readonly LogReader[]; worker: Worker } {
  const { store, definitions, extract } = needs
  const caller: Caller = { agency: HUB, role: 'hub' }
  const { matcher, handlers } = createSubscriptions({
    store,
    definitions,
    extract,
    write: (change, along) => retryOnConflict(() => write(needs, { caller, now: clock.now() }, [change], along)),
    clock,
    sleep,
    base,
    timeZone: config.timeZone,
    channels: createChannels({ loopback: config.loopbackEndpoints, now: clock.now }),
    retrySchedule: config.retrySchedule,
    requestTimeout: REQUEST_TIMEOUT,
    random: Math.random,
    wake: () => worker.wake(),
    log,
  })
  const onFault = (job: Job | undefined, fault: unknown): void =>
    job
      ? log.warn('job attempt failed', { job: job.kind, key: job.key, attempt: job.attempts, fault })
      : log.error('jobs not claimed', { fault })
  const onFailed = (job: Job, fault: unknown): void =>
    log.error('job failed', { job: job.kind, key: job.key, attempt: job.attempts, fault })
  const all = { ...handlers, [REINDEX]: reindex(indexing) }
  const worker = createWorker({ store, clock, sleep, handlers: all, concurrency: CONCURRENT_JOBS, onFault, onFailed })
  const reading = { store, clock, sleep, log }
  const followers = [createIndexFollower(reading, indexing.state)]
  if (needs.posted) followers.push(createPostedFollower(reading, needs.posted))
  return { readers: [matcher, ...followers], worker }
}

/** What the index entries depend on, beside the search parameters. */
const indexContext = ({ timeZone, publicUrl, rules }: Config, visibility: VisibilityRule) => ({
  timeZone,
  base: publicUrl ?? '',
  visibility: rules === 'hub' ? visibility : undefined,
})

/** What the hub itself has, and the folders that the settings name. */
async function definitionsOf({ rules, definitions }: Config): Promise<Definitions> {
  const options = { searchTypes: SEARCH_TYPE_NAMES, ...(rules === 'open' ? { everyType: isReadable } : {}) }
  if (definitions === undefined) return loadDefinitions(ROOT_FOLDER, options)
  return (await import('./validate/usable.ts')).loadWith(ROOT_FOLDER, definitions, options)
}

/** A validator for each state of the definitions, loaded with the first resource to check: a start need not wait for it. */
function validators(means: Means): (definitions: Definitions) => Validator {
  const made = new WeakMap<Definitions, Validator>()
  return (definitions) => {
    const known = made.get(definitions) ?? validatorWhenAsked(definitions, means)
    made.set(definitions, known)
    return known
  }
}

function validatorWhenAsked(definitions: Definitions, means: Means): Validator {
  let loading: Promise<Validator> | undefined
  const load = async (): Promise<Validator> => {
    const validator = (await import('./validate/fair.ts')).createFairValidator(definitions, means)
    return means.rules === 'hub' ? completing(validator) : validator
  }
  return { check: async (resource, ask) => (await (loading ??= load())).check(resource, ask) }
}

type InEffect = ReturnType<typeof inEffect>

/** The definitions as they change while the hub runs, and the validator by those in effect at each moment. */
function inEffect(start: Definitions, means: Means, store: Store, leftOut: PostedNeeds['leftOut']) {
  const live = createLive(start)
  const validatorFor = validators(means)
  const faultOf: PostedDefinitions['faultOf'] = async (url, definitions) =>
    (await import('./validate/usable.ts')).profileFault(url, definitions)
  const validator: Validator = {
    check: (resource, ask) => validatorFor(live.definitions.current()).check(resource, ask),
  }
  return {
    definitions: live.definitions,
    validator,
    ...(means.rules === 'hub'
      ? { posted: createPostedDefinitions({ store, start, live, faultOf, validatorFor, leftOut }) }
      : {}),
  }
}

const rule = async (name: string): Promise<JsonObject> =>
  JSON.parse(await readFile(`${ROOT_FOLDER}capability/rules/${name}.json`, 'utf8')) as JsonObject

const version = async (): Promise<string> =>
  (JSON.parse(await readFile(`${ROOT_FOLDER}package.json`, 'utf8')) as { version: string }).version

/** Brings what the store was written by up to what this hub goes by, before anything is read or written. */
async function prepareStore(indexing: IndexNeeds, log: Log): Promise<void> {
  const { write: needs, software } = indexing
  const isNewStore = (await needs.store.last()) === 0
  await needs.posted?.catchUp()
  await prepareIndex(indexing)
  await prepareAudiences({ write: needs, software, isNewStore, log })
}

/** What is published, and the samples when the store holds no agency yet. */
async function fill(
  needs: WriteNeeds,
  definitions: Definitions,
  config: Config,
  { log, now, software }: { readonly log: Log; readonly now: number; readonly software: string },
): Promise<void> {
  if (needs.rules === 'open') return
  if ((await publishDefinitions({ ...needs, definitions }, software)) === 'newer')
    log.warn('definitions of a newer version kept', {
      reason: `The store holds the definitions of a newer hub than this one (${software}); their records stay as they are.`,
    })
  if (config.seed === 'sample') await seedSamples(needs, `${ROOT_FOLDER}samples/seed`, now)
}

async function agenciesOf(store: Store): Promise<Hub['agencies']> {
  const { versions } = await store.find({ type: 'Organization', where: ALL, viewer: 'unrestricted', limit: 1000 })
  return versions.map(({ id, text }) => ({ id, name: (JSON.parse(text) as { name: string }).name }))
}
