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
import type { JsonObject, Resource } from './fhir/types.ts'
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
import { createPostedDefinitions, type PostedDefinitions } from './write/posted-definitions.ts'
import { sleep } from './jobs/sleep.ts'
import { createWorker, type Worker } from './jobs/worker.ts'
import { topicsOf } from './domain/subscription/topic.ts'
import { operations } from './operations/index.ts'
import { publishDefinitions, seedSamples } from './start/publish.ts'
import { ALL } from './search/query.ts'
import { checkParameters, extract } from './search/extract.ts'
import { createCursors } from './search/page.ts'
import { ssnKey } from './start/secret-key.ts'
import { openStore } from './store/open.ts'
import type { Job, Store } from './store/store.ts'
import { createChannels } from './subscriptions/channels/index.ts'
import type { Matcher } from './subscriptions/matcher.ts'
import { createSubscriptions } from './subscriptions/subscriptions.ts'
import type { ScheduledValidatorOptions } from './validate/scheduled-validator.ts'
import { createWorkerThread } from './validate/large/worker-thread.ts'
import { createTimeSlicer } from './validate/time-slice.ts'
import type { Validator } from './validate/validator.ts'

export type Hub = {
  /** Begins to answer; the address is the FHIR base. */
  listen(): Promise<{ readonly url: string; readonly port: number }>
  /** Stops accepting, finishes what is under way, releases claims, closes the store. */
  stop(): Promise<void>
  readonly agencies: readonly { readonly id: string; readonly name: string }[]
}

const ROOT_FOLDER = fileURLToPath(new URL('..', import.meta.url))
const GRACE = 10_000
/** Seconds in which an endpoint must answer. */
const REQUEST_TIMEOUT = 30
/** Subscriptions that are told at the same time. */
const LANES = 32

type With = {
  readonly log: Log
  readonly clock: Clock
  /** A store that is open already, in place of the one that the settings name; the hub closes it when it stops. */
  readonly store?: Store
}

export async function createHub(config: Config, { log, clock, ...given }: With): Promise<Hub> {
  const definitions = await definitionsOf(config)
  for (const offer of definitions.capabilities) checkParameters(offer.searchParameters)
  const secret = ssnKey(config)
  const judging = { rules: config.rules, clock: { now: clock.now, timeZone: config.timeZone } }
  const workerThread = createWorkerThread({ ...judging, timeLimit: config.checkLimit })
  const store = given.store ?? (await openStore(addressOf(config.store), { clock: clock.now }))
  const needs = {
    ...(await writeNeeds(
      config,
      published(definitions, { ...judging, workerThread, inTimeSlice: createTimeSlicer() }),
      store,
      secret,
    )),
    timeZone: config.timeZone,
    newId: clock.newId,
    cursors: createCursors(secret),
    calendar: createCalendar(checkHolidays((await rule('holidays')) as unknown as HolidayRules), config.timeZone),
  }
  await needs.posted?.restore(store, (key, reason) => log.warn('definition left out', { key, reason }))
  await fill(needs, definitions, config, clock.now())

  const { matcher, worker } = background(needs, config, { log, clock, base: () => base })
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
      matcher.start()
      worker.start()
      return { url: base, port: listening.port }
    },
    async stop() {
      await listening?.stop(GRACE)
      await Promise.all([matcher.stop(), worker.stop(GRACE)])
      await workerThread.end()
      await store.close()
    },
  }
}

const addressOf = (store: Config['store']): string => (store.kind === 'memory' ? 'memory:' : `sqlite:${store.path}`)

/** An IPv6 address stands in brackets in a URL (RFC 3986 section 3.2.2). */
const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** Can search read the expression of a parameter? One of R4's is no path. */
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

async function writeNeeds(config: Config, judged: Published, store: Store, secret: Buffer): Promise<WriteNeeds> {
  const place = { base: config.publicUrl ?? '', timeZone: config.timeZone }
  return {
    store,
    ...judged,
    rules: config.rules,
    visibility: (await rule('visibility')) as unknown as VisibilityRule,
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

type Around = { readonly log: Log; readonly clock: Clock; base(): string }

/** What goes on beside the requests: changes become events, events are told. */
function background(
  needs: WriteNeeds,
  config: Config,
  { log, clock, base }: Around,
): { matcher: Matcher; worker: Worker } {
  const { store, definitions, extract } = needs
  const { matcher, handlers } = createSubscriptions({
    store,
    definitions,
    extract,
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
    log.error('job failed', { job: job?.kind, key: job?.key, fault })
  const worker = createWorker({ store, clock, sleep, handlers, concurrency: LANES, onFault })
  return { matcher, worker }
}

/** What the hub itself has, and the folders that the settings name. */
async function definitionsOf({ rules, definitions }: Config): Promise<Definitions> {
  const options = rules === 'open' ? { everyType: isReadable } : {}
  if (definitions === undefined) return loadDefinitions(ROOT_FOLDER, options)
  return (await import('./validate/check-definitions.ts')).loadCheckedDefinitions(ROOT_FOLDER, definitions, options)
}

/** A validator for each state of the definitions, loaded with the first resource to check: a start need not wait for it. */
function validators(means: ScheduledValidatorOptions): (definitions: Definitions) => Validator {
  const made = new WeakMap<Definitions, Validator>()
  return (definitions) => {
    const known = made.get(definitions) ?? validatorWhenAsked(definitions, means)
    made.set(definitions, known)
    return known
  }
}

function validatorWhenAsked(definitions: Definitions, means: ScheduledValidatorOptions): Validator {
  let loading: Promise<Validator> | undefined
  const load = async (): Promise<Validator> => {
    const validator = (await import('./validate/scheduled-validator.ts')).createScheduledValidator(definitions, means)
    return means.rules === 'hub' ? completing(validator) : validator
  }
  return { check: async (resource, ask) => (await (loading ??= load())).check(resource, ask) }
}

type Published = ReturnType<typeof published>

/** The definitions as they change while the hub runs, and what is judged by them at each moment. */
function published(start: Definitions, means: ScheduledValidatorOptions) {
  const live = createLive(start)
  const validatorFor = validators(means)
  const faultOf: PostedDefinitions['faultOf'] = async (url, definitions) =>
    (await import('./validate/check-definitions.ts')).profileError(url, definitions)
  const validator: Validator = {
    check: (resource, ask) => validatorFor(live.definitions.current()).check(resource, ask),
  }
  return {
    definitions: live.definitions,
    validator,
    ...(means.rules === 'hub' ? { posted: createPostedDefinitions({ start, live, faultOf, validatorFor }) } : {}),
  }
}

const rule = async (name: string): Promise<JsonObject> =>
  JSON.parse(await readFile(`${ROOT_FOLDER}capability/rules/${name}.json`, 'utf8')) as JsonObject

const version = async (): Promise<string> =>
  (JSON.parse(await readFile(`${ROOT_FOLDER}package.json`, 'utf8')) as { version: string }).version

/** What is published, and the samples when the store holds no agency yet. */
async function fill(needs: WriteNeeds, definitions: Definitions, config: Config, now: number): Promise<void> {
  if (needs.rules === 'open') return
  await publishDefinitions({ ...needs, definitions })
  if (config.seed === 'sample' && (await agenciesOf(needs.store)).length === 0)
    await seedSamples(needs, `${ROOT_FOLDER}samples/seed`, now)
}

async function agenciesOf(store: Store): Promise<Hub['agencies']> {
  const { versions } = await store.find({ type: 'Organization', where: ALL, viewer: 'unrestricted', limit: 1000 })
  return versions.map(({ id, text }) => ({ id, name: (JSON.parse(text) as { name: string }).name }))
}
