/** The hub put together: the one file that knows every part. Reads from top to bottom as the parts depend on each other. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createActiveAgencies, type ActiveAgencies } from './auth/active-agencies.ts'
import { identify } from './auth/open.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { Definitions } from './definitions/definitions.ts'
import { createXmlFormat } from './definitions/xml/format.ts'
import { topicsOf } from './domain/subscription/topic.ts'
import type { ArmingNeeds } from './domain/timer/arm.ts'
import { CONSENT_TIMER_JOB } from './domain/timer/consent-steps.ts'
import { OFFER_REFERRAL } from './domain/referral/job-kind.ts'
import { REFERRAL_TIMER } from './domain/timer/job-kind.ts'
import type { Caller } from './fhir/types.ts'
import { inUrl } from './http/address.ts'
import { BASE_PATH, createApp, type App, type AppNeeds } from './http/app.ts'
import { DECLARED_FORMATS } from './http/media.ts'
import { listenForScrapers } from './http/metrics.ts'
import { listen, type Listening } from './http/server.ts'
import type { Call, Handler, Reply } from './interactions/call.ts'
import { acceptingAsync, asyncIds, type AcceptNeeds } from './interactions/async-accept.ts'
import { asyncAnswers } from './interactions/async-answer.ts'
import { asyncCancel, asyncStatus, type StatusNeeds } from './interactions/async-status.ts'
import { capabilities } from './interactions/capabilities.ts'
import { create, type CreateNeeds } from './interactions/create.ts'
import { history, systemHistory, typeHistory } from './interactions/history.ts'
import { observed } from './interactions/observed.ts'
import { openApi } from './interactions/openapi.ts'
import { PATCH_FORMATS } from './interactions/options.ts'
import { patch } from './interactions/patch.ts'
import { read } from './interactions/read.ts'
import { remove } from './interactions/remove.ts'
import { createRouter, routedInteractions, type Handlers } from './interactions/routes.ts'
import { search, searchCompartment, searchSystem } from './interactions/search.ts'
import { capabilityOf } from './interactions/target.ts'
import { transaction } from './interactions/transaction.ts'
import { update } from './interactions/update.ts'
import { vread } from './interactions/vread.ts'
import { createAsyncWorker } from './jobs/async-worker.ts'
import { indexProcessState, reindex } from './jobs/reindex.ts'
import type { LogReader } from './jobs/log-reader.ts'
import { createStateFollower, type ProcessState } from './jobs/process-state.ts'
import { createOfferReader, offerReferral } from './jobs/offer-referral.ts'
import { consentTimer } from './jobs/consent-timer.ts'
import { referralTimer } from './jobs/referral-timer.ts'
import { sleep } from './jobs/sleep.ts'
import { createWorker, type Worker } from './jobs/worker.ts'
import type { Log } from './log.ts'
import { createMetrics, type Metrics } from './metrics/metrics.ts'
import type { ProcessMetrics } from './metrics/process.ts'
import { operations, type OperationNeeds } from './operations/index.ts'
import { recordsByCompartment, recordsByVisibility } from './operations/participant-records.ts'
import { EXPANSION_PARAMETERS } from './operations/terminology/expand.ts'
import { createCursors } from './search/page.ts'
import { agenciesOf, type AgencyName } from './start/agencies.ts'
import { createNeeds } from './start/create-needs.ts'
import { declarationsOf, type GivenDeclarations } from './start/declarations.ts'
import { definitionsInEffect } from './start/definitions-in-effect.ts'
import { limitsOf } from './start/limits.ts'
import type { IndexNeeds } from './start/prepare-index.ts'
import { MODES } from './start/modes.ts'
import { runReindex, type ReindexReport } from './start/run-reindex.ts'
import { preparations, prepareStore, publish, type PrepareNeeds } from './start/prepare-store.ts'
import { loadSecretKey } from './start/secret-key.ts'
import { openStore } from './store/open.ts'
import type { Job, Store } from './store/store.ts'
import { createChannels } from './subscriptions/channels/index.ts'
import { createSubscriptions } from './subscriptions/subscriptions.ts'
import { createWorkerThread } from './validate/large/worker-thread.ts'
import { createTimeSlicer } from './validate/time-slice.ts'
import type { CircleNeeds } from './write/agreements.ts'
import type { AsyncProgress } from './write/async-requests.ts'
import type { Change } from './write/change.ts'
import type { Along } from './write/commit.ts'
import { retryOnConflict } from './write/conflict.ts'
import { REINDEX } from './write/index-state.ts'
import type { WriteNeeds } from './write/needs.ts'
import { write } from './write/pipeline.ts'
import { HUB } from './write/reserved-agencies.ts'

export type Hub = {
  /** Begins to answer; the address is the FHIR base. */
  listen(): Promise<{ readonly url: string; readonly port: number; readonly metricsPort?: number }>
  /** Reads the log to its end: what other processes posted is in effect, and events are made of every change. */
  catchUp(): Promise<void>
  /** Does all work that is due by the hub's clock, to its end; for tests and simulations, whose clock is their own. */
  runDue(): Promise<void>
  /** Does the reindexing that waits, to its end, in place of a hub that listens. @throws what keeps a type from completion */
  reindex(report: ReindexReport): Promise<void>
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
const HOUR = 3_600_000

type HubOptions = GivenDeclarations & {
  readonly log: Log
  readonly clock: Clock
  /** An open store, in place of the one that the settings name; the hub closes it when it stops. */
  readonly store?: Store
  /** Called with every reply before it is sent: the reply names the records that it discloses. */
  readonly onReply?: (call: Call, reply: Reply) => void
  /** Shown with the metrics of the hub. */
  readonly processMetrics?: ProcessMetrics
}

const validationOf = (config: Config, { now }: Clock) => ({
  rules: config.rules,
  clock: { now, timeZone: config.timeZone },
  stepLimit: config.fhirPathLimit,
  timeLimit: config.checkLimit,
})

/** A large resource is checked beside the event loop, and takes so many times the steps. */
const LARGE = 100

export async function createHub(config: Config, { log, clock, onReply, ...options }: HubOptions): Promise<Hub> {
  const { definitions, indexed, tables } = await declarationsOf(config, ROOT_FOLDER, MODES[config.rules], options)
  const secret = loadSecretKey(config)
  const validation = validationOf(config, clock)
  const workerThread = createWorkerThread({ ...validation, stepLimit: LARGE * validation.stepLimit })
  const agencies = createActiveAgencies(
    options.store ?? (await openStore(config.store, { clock: clock.now, queryLimit: config.queryLimit })),
  )
  const { store } = agencies
  const scheduling = { ...validation, workerThread, inTimeSlice: createTimeSlicer() }
  const { restricts } = MODES[config.rules]
  const recordsAbout = restricts ? recordsByVisibility : recordsByCompartment
  const inEffect = definitionsInEffect(definitions, scheduling, indexed.declare)
  const leftOut = (key: string, reason: string): void => log.warn('definition left out', { key, reason })
  const needs = {
    ...createNeeds(config, MODES[config.rules], { inEffect, store, secret, tables, leftOut, newId: clock.newId }),
    participantRecords: recordsAbout({ definitions, visibility: tables.visibility }),
    timeZone: config.timeZone,
    newId: clock.newId,
    cursors: createCursors(secret),
  }
  const indexing: IndexNeeds = { write: needs, state: indexed.state, clock, sleep, software: await version(), log }
  const preparing = { indexing, ...(restricts ? preparations(needs, tables, config, { log, clock }) : {}), log }
  await prepare(preparing, config, { definitions, now: clock.now() })

  const { handlers, asyncWorker } = await answering(needs, config, { log, clock, agencies, secret })
  const { readers, worker } = background(needs, config, { log, clock, base: () => base, indexing, agencies })
  indexed.onDeclared(() => worker.wake())
  const fault = (error: unknown): void => log.error('metrics not computed', { fault: error })
  const metrics = createMetrics({ ...needs, clock, sleep, readers, fault, process: options.processMetrics })
  const shown = { ...observed(handlers, onReply), xml: createXmlFormat(definitions.structures) }
  const app = application(shown, metrics, config, { log, clock, agencies })

  let listening: Listening | undefined
  let scraped: Listening | undefined
  let base = config.publicUrl ?? ''
  return {
    agencies: await agenciesOf(store),
    async listen() {
      listening = await listen(app, { host: config.host, port: config.port, headerLimit: limitsOf(config).headers })
      base = config.publicUrl ?? `http://${inUrl(config.host)}:${listening.port}${BASE_PATH}`
      if (config.metricsPort !== undefined)
        scraped = await listenForScrapers(metrics.read, { port: config.metricsPort, fault })
      for (const one of [...readers, worker, asyncWorker]) one.start()
      return { url: base, port: listening.port, ...(scraped ? { metricsPort: scraped.port } : {}) }
    },
    catchUp: async () => void (await Promise.all(readers.map((reader) => reader.drain()))),
    runDue: async () => void (await Promise.all([worker.runDue(), asyncWorker.runDue()])),
    reindex: (report) => runReindex(indexing, report),
    async stop() {
      await Promise.all([listening?.stop(GRACE), scraped?.stop(GRACE), metrics.stop()])
      await Promise.all([...readers.map((reader) => reader.stop()), worker.stop(GRACE), asyncWorker.stop(GRACE)])
      await workerThread.end()
      await store.close()
    },
  }
}

function application(
  handlers: Handlers & Pick<AppNeeds, 'xml'>,
  metrics: Metrics,
  config: Config,
  { log, clock, agencies }: Pick<Process, 'log' | 'clock' | 'agencies'>,
): App {
  return createApp({
    ...handlers,
    identify: identify(agencies, config.publicUrl),
    now: clock.now,
    log(line) {
      metrics.observe(line)
      const { requestId: request, method, route, status, ms, agency } = line
      log.info('request', { method, route, status, ms, agency, request })
    },
    fault: (fault, request) => log.error('fault', { fault, request }),
    publicUrl: config.publicUrl,
    limits: limitsOf(config).http,
    origins: config.corsOrigins,
    compressFrom: config.compressFrom,
    metrics: metrics.read,
  })
}

async function prepare(
  preparing: PrepareNeeds,
  { rules, seed }: Config,
  { definitions, now }: { readonly definitions: Definitions; readonly now: number },
): Promise<void> {
  await prepareStore(preparing)
  const samples = seed === 'sample' ? `${ROOT_FOLDER}samples/seed` : undefined
  if (MODES[rules].publishes) await publish(preparing, { definitions, samples, now })
}

/** What answers requests, at once and in the background. */
async function answering(
  needs: CreateNeeds & OperationNeeds & Pick<AcceptNeeds, 'cursors'>,
  config: Config,
  { log, clock, agencies, secret }: Pick<Process, 'log' | 'clock' | 'agencies'> & { readonly secret: Buffer },
): Promise<{ readonly handlers: Handlers; readonly asyncWorker: Worker }> {
  const { asyncLimit, asyncRetention, asyncResultLimit: resultLimit, transactionLimit: limit } = config
  const progress: AsyncProgress = new Map()
  const newAsyncId = asyncIds(secret, clock.newId)
  const later = { ...needs, progress, asyncLimit, limit, newAsyncId, wake: () => asyncWorker.wake() }
  const handlers = await handlersOf(later, config, clock.now())
  // A request in the background has a store of its own, which ends its reads when it is cancelled.
  const handlersOver = (store: Store): Parts =>
    withBundles({ ...later, store }, config, handlers.interactions['capabilities'])
  const asyncWorker = createAsyncWorker({
    ...{ store: needs.store, clock, progress, log, retention: asyncRetention * HOUR },
    ...asyncAnswers({ ...later, clock, log, handlersOver, isActive: agencies.isActive, resultLimit }),
  })
  return { handlers, asyncWorker }
}

type HandlerNeeds = CreateNeeds & OperationNeeds & AcceptNeeds & StatusNeeds

type Parts = Pick<Handlers, 'interactions' | 'operations'>

/** The interactions and operations, but for Bundles and what the hub says of itself. */
const partsOf = (needs: HandlerNeeds, config: Config) => ({
  interactions: {
    read: read(needs),
    vread: vread(needs),
    create: create(needs),
    update: update(needs),
    patch: patch(needs),
    delete: remove({ ...needs, limit: config.transactionLimit }),
    'history-instance': history(needs),
    'history-type': typeHistory(needs),
    'search-system': searchSystem(needs),
    'search-compartment': searchCompartment(needs),
    'history-system': systemHistory(needs),
    'search-type': search(needs),
    'async-status': asyncStatus(needs),
    'async-cancel': asyncCancel(needs),
  },
  operations: operations(needs),
})

/** With what the hub says of itself, and Bundles of them all. */
function withBundles(needs: HandlerNeeds, config: Config, statements?: Handler): Parts {
  const parts = partsOf(needs, config)
  const interactions = { ...parts.interactions, ...(statements ? { capabilities: statements } : {}) }
  const route = createRouter({ ...parts, interactions })
  const whole = transaction({ ...needs, route, limit: config.transactionLimit })
  return { ...parts, interactions: { ...interactions, transaction: whole } }
}

/** Everything that answers a request, by name: the interactions and the operations. */
async function handlersOf(needs: HandlerNeeds, config: Config, now: number): Promise<Handlers> {
  const { definitions } = needs
  const parts = partsOf(needs, config)
  const routed = routedInteractions([...Object.keys(parts.interactions), 'transaction'])
  const shown = { definitions, operations: parts.operations, formats: DECLARED_FORMATS, version: await version() }
  const statements = capabilities({
    ...shown,
    routed,
    expansionParameters: EXPANSION_PARAMETERS,
    patchFormats: PATCH_FORMATS,
    topics: topicsOf(definitions).map((topic) => topic.url),
    date: new Date(now).toISOString(),
  })
  const document = openApi({ ...shown, routed: [...routed, ...routedInteractions(['capabilities', 'openapi'])] })
  const { interactions, operations: all } = withBundles(needs, config, statements)
  return {
    ...acceptingAsync(needs, { interactions: { ...interactions, openapi: document }, operations: all }),
    offers: (type) => capabilityOf(definitions, { type }).interactions,
  }
}

type Process = {
  readonly log: Log
  readonly clock: Clock
  base(): string
  readonly indexing: IndexNeeds
  readonly agencies: ActiveAgencies
}

/** What runs beside the requests: changes become events, and events become notifications. */
function background(
  needs: WriteNeeds & { readonly timers: ArmingNeeds; readonly range: CircleNeeds['range'] },
  config: Config,
  { log, clock, base, indexing, agencies }: Process,
): { readers: readonly LogReader[]; worker: Worker } {
  const { store, definitions, index, timers, range } = needs
  const caller: Caller = { agency: HUB, role: 'hub' }
  const writeAsHub = (change: Change, along: Along): Promise<unknown> =>
    retryOnConflict(() => write(needs, { caller, now: clock.now() }, [change], along))
  const { matcher, handlers } = createSubscriptions({
    store,
    definitions,
    visibility: index.visibility,
    extract: index.extract,
    write: writeAsHub,
    clock,
    sleep,
    base,
    timeZone: config.timeZone,
    channels: createChannels({
      ...{ loopback: config.loopbackEndpoints, now: clock.now },
      answerLimit: config.endpointAnswerLimit,
    }),
    retrySchedule: config.retrySchedule,
    requestTimeout: REQUEST_TIMEOUT,
    notificationLimit: config.notificationLimit,
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
  const timer = referralTimer({ store, definitions, timers, clock, write: writeAsHub })
  const offer = offerReferral({ store, definitions, visibility: index.visibility, range, clock })
  const consents = consentTimer({
    ...{ store, clock, range, visibility: index.visibility, steps: timers.table.consents, newId: clock.newId },
    write: writeAsHub,
  })
  const all = {
    ...handlers,
    [REINDEX]: reindex(indexing),
    [REFERRAL_TIMER]: timer,
    [OFFER_REFERRAL]: offer,
    [CONSENT_TIMER_JOB]: consents,
  }
  const worker = createWorker({ store, clock, sleep, handlers: all, concurrency: CONCURRENCY, onFault, onFailed })
  const reading = { store, clock, sleep, log }
  const states: ProcessState[] = [agencies, indexProcessState(store, indexing.state)]
  const { posted } = needs.policy
  if (posted) states.push(posted)
  const offers = createOfferReader({ ...reading, wake: () => worker.wake() })
  const offering = MODES[config.rules].restricts ? [offers] : []
  return { readers: [matcher, ...offering, createStateFollower(reading, states)], worker }
}

const version = async (): Promise<string> =>
  (JSON.parse(await readFile(`${ROOT_FOLDER}package.json`, 'utf8')) as { version: string }).version
