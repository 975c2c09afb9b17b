/** The hub put together: the one file that knows every part. Reads from top to bottom as the parts depend on each other. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { identify } from './auth/open.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { Definitions, SearchParameter } from './definitions/definitions.ts'
import { loadDefinitions, type LoadOptions } from './definitions/load.ts'
import { topicsOf } from './domain/subscription/topic.ts'
import { checkVisibility } from './domain/visibility/check.ts'
import { BASE_PATH, createApp } from './http/app.ts'
import { listen, type Listening } from './http/server.ts'
import type { Call, Handler, Reply } from './interactions/call.ts'
import { capabilities } from './interactions/capabilities.ts'
import { create, type CreateNeeds } from './interactions/create.ts'
import { history } from './interactions/history.ts'
import { read } from './interactions/read.ts'
import { remove } from './interactions/remove.ts'
import { createRouter, type Handlers } from './interactions/routes.ts'
import { search } from './interactions/search.ts'
import { transaction } from './interactions/transaction.ts'
import { update } from './interactions/update.ts'
import { vread } from './interactions/vread.ts'
import { sleep } from './jobs/sleep.ts'
import { createWorker, type Worker } from './jobs/worker.ts'
import type { Log } from './log.ts'
import { operations } from './operations/index.ts'
import type { ReferralNeeds } from './operations/referrals.ts'
import { checkParameters } from './search/extract.ts'
import { createCursors } from './search/page.ts'
import { SEARCH_TYPE_NAMES } from './search/types/index.ts'
import { agenciesOf, type AgencyName } from './start/agencies.ts'
import { createNeeds, type PolicyChoice } from './start/create-needs.ts'
import { definitionsInEffect } from './start/definitions-in-effect.ts'
import { loadRuleTables, type LoadedTables } from './start/load-rule-tables.ts'
import { publishDefinitions, seedSamples } from './start/publish.ts'
import { ssnKey } from './start/secret-key.ts'
import { openStore } from './store/open.ts'
import type { Job, Store } from './store/store.ts'
import { createChannels } from './subscriptions/channels/index.ts'
import type { Matcher } from './subscriptions/matcher.ts'
import { createSubscriptions } from './subscriptions/subscriptions.ts'
import { createWorkerThread } from './validate/large/worker-thread.ts'
import { createTimeSlicer } from './validate/time-slice.ts'
import type { WriteNeeds } from './write/needs.ts'
import { hubPolicy } from './write/policy/hub.ts'
import { openPolicy } from './write/policy/open.ts'

export type Hub = {
  /** Begins to answer; the address is the FHIR base. */
  listen(): Promise<{ readonly url: string; readonly port: number }>
  /** Stops accepting, finishes what is under way, releases claims, closes the store. */
  stop(): Promise<void>
  readonly agencies: readonly AgencyName[]
}

const ROOT_FOLDER = fileURLToPath(new URL('..', import.meta.url))
const GRACE = 10_000
/** Seconds in which an endpoint must answer. */
const REQUEST_TIMEOUT = 30
/** Jobs that run at the same time. */
const CONCURRENCY = 32

/** What each value of HUB_RULES means. */
const RULES: Readonly<Record<Config['rules'], RulesChoice>> = {
  hub: { load: {}, checkTables: everyTypeHasVisibility, posts: true, publishes: true, policy: hubPolicy },
  open: {
    load: { everyType: isReadable },
    checkTables: () => undefined,
    posts: false,
    publishes: false,
    policy: openPolicy,
  },
}

type RulesChoice = PolicyChoice & {
  readonly load: LoadOptions
  /** @throws Error for tables that do not fit the definitions: the hub does not start */
  readonly checkTables: (tables: LoadedTables, definitions: Definitions) => void
  /** Are the hub's own definitions, and the samples, records of the store? */
  readonly publishes: boolean
}

type HubOptions = {
  readonly log: Log
  readonly clock: Clock
  /** An open store, in place of the one that the settings name; the hub closes it when it stops. */
  readonly store?: Store
  /** Called with every reply before it is sent: the reply names the records that it discloses. */
  readonly onReply?: (call: Call, reply: Reply) => void
}

export async function createHub(config: Config, { log, clock, onReply, ...options }: HubOptions): Promise<Hub> {
  const definitions = await definitionsOf(config)
  const tables = await loadRuleTables(ROOT_FOLDER)
  RULES[config.rules].checkTables(tables, definitions)
  for (const { searchParameters } of definitions.capabilities) checkParameters(searchParameters)
  const secret = ssnKey(config)
  const validation = { rules: config.rules, clock: { now: clock.now, timeZone: config.timeZone } }
  const workerThread = createWorkerThread({ ...validation, timeLimit: config.checkLimit })
  const store = options.store ?? (await openStore(config.store, { clock: clock.now }))
  const inEffect = definitionsInEffect(definitions, { ...validation, workerThread, inTimeSlice: createTimeSlicer() })
  const needs = {
    ...createNeeds(config, RULES[config.rules], { inEffect, store, secret, tables }),
    timeZone: config.timeZone,
    newId: clock.newId,
    cursors: createCursors(secret),
  }
  await needs.policy.posted?.restore(store, (key, reason) => log.warn('definition left out', { key, reason }))
  if (RULES[config.rules].publishes) await fill(needs, definitions, config, clock.now())

  const { matcher, worker } = background(needs, config, { log, clock, base: () => base })
  const app = createApp({
    ...observed(await handlersOf(needs, config, clock.now()), onReply),
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

/** A URL has an IPv6 address in brackets (RFC 3986 section 3.2.2). */
const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** Closed by default: no type is offered without a rule of who may know of its records. */
function everyTypeHasVisibility({ visibility }: LoadedTables, { capabilities }: Definitions): void {
  checkVisibility(
    visibility,
    capabilities.map(({ type }) => type),
  )
}

/** Does search evaluate a parameter, its type and its expression? */
function isReadable(parameter: SearchParameter): boolean {
  try {
    checkParameters([parameter])
    return true
  } catch {
    return false
  }
}

type HandlerNeeds = CreateNeeds & ReferralNeeds

/** Everything that answers a request, by name: the interactions and the operations. */
async function handlersOf(needs: HandlerNeeds, config: Config, now: number): Promise<Handlers> {
  const { definitions } = needs
  const all = operations(needs)
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
      operations: all,
      system: ['transaction', 'batch'],
      topics: topicsOf(definitions).map((topic) => topic.url),
      version: await version(),
      enforcesReferences: config.rules === 'hub',
      date: new Date(now).toISOString(),
    }),
  }
  const route = createRouter({ interactions, operations: all })
  return {
    interactions: { ...interactions, transaction: transaction({ ...needs, route, limit: config.transactionLimit }) },
    operations: all,
  }
}

function observed({ interactions, operations }: Handlers, onReply: HubOptions['onReply']): Handlers {
  if (!onReply) return { interactions, operations }
  const observe =
    (run: Handler): Handler =>
    async (call) => {
      const reply = await run(call)
      onReply(call, reply)
      return reply
    }
  return {
    interactions: Object.fromEntries(Object.entries(interactions).map(([name, run]) => [name, run && observe(run)])),
    operations: operations.map((one) => ({ ...one, run: observe(one.run) })),
  }
}

type Process = { readonly log: Log; readonly clock: Clock; base(): string }

/** What runs beside the requests: changes become events, and events become notifications. */
function background(
  needs: WriteNeeds,
  config: Config,
  { log, clock, base }: Process,
): { matcher: Matcher; worker: Worker } {
  const { store, definitions, index } = needs
  const { matcher, handlers } = createSubscriptions({
    store,
    definitions,
    extract: index.extract,
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
  const worker = createWorker({ store, clock, sleep, handlers, concurrency: CONCURRENCY, onFault })
  return { matcher, worker }
}

/** What the hub itself has, and the folders that the settings name. */
async function definitionsOf({ rules, definitions }: Config): Promise<Definitions> {
  const options = { searchTypes: SEARCH_TYPE_NAMES, ...RULES[rules].load }
  if (definitions === undefined) return loadDefinitions(ROOT_FOLDER, options)
  return (await import('./validate/check-definitions.ts')).loadCheckedDefinitions(ROOT_FOLDER, definitions, options)
}

const version = async (): Promise<string> =>
  (JSON.parse(await readFile(`${ROOT_FOLDER}package.json`, 'utf8')) as { version: string }).version

/** What is published, and the samples when the store holds no agency yet. */
async function fill(needs: WriteNeeds, definitions: Definitions, config: Config, now: number): Promise<void> {
  await publishDefinitions({ ...needs, definitions })
  if (config.seed === 'sample' && (await agenciesOf(needs.store)).length === 0)
    await seedSamples(needs, `${ROOT_FOLDER}samples/seed`, now)
}
