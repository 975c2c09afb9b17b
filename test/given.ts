/**
 * A hub for tests: the real one, in this process, listening on a free loopback port, quiet; by default over a store in
 * memory with the sample agencies. `await given()` once per file, `stop()` in `after`.
 */
import { strict as assert } from 'node:assert'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClock, type Clock } from '../server/clock.ts'
import { loadConfig, type Config } from '../server/config.ts'
import type { Definitions } from '../server/definitions/definitions.ts'
import { loadDefinitions } from '../server/definitions/load.ts'
import { MODES } from '../server/start/modes.ts'
import { createHub, type Hub } from '../server/hub.ts'
import { createLog } from '../server/log.ts'
import { SEARCH_TYPE_NAMES } from '../server/search/types/index.ts'
import { transaction, type Body } from './builders/index.ts'
import { ROOT } from './checks/files.ts'
import { assertValidAnswer } from './checks/answers.ts'

export type Answer = {
  readonly status: number
  readonly headers: Headers
  /** The body as parsed JSON; undefined when there is none. */
  readonly body: any // eslint-disable-line @typescript-eslint/no-explicit-any -- tests read it freely
  readonly text: string
}

type ClientOptions = { readonly headers?: Record<string, string> }

/** One agency's client. Bodies that are not text are sent as JSON. */
export type Client = {
  send(method: string, path: string, body?: unknown, options?: ClientOptions): Promise<Answer>
  get(path: string, options?: ClientOptions): Promise<Answer>
  post(path: string, body?: unknown, options?: ClientOptions): Promise<Answer>
  /** With If-Match when a version is given. */
  put(path: string, body: unknown, version?: number | string): Promise<Answer>
  delete(path: string, version?: number | string): Promise<Answer>
  /** Updates a record that was read, or written, with If-Match of the version that its meta names. */
  change(record: ChangedRecord, more?: object): Promise<Answer>
}

type ChangedRecord = { readonly resourceType: string; readonly id?: unknown; readonly meta?: unknown }

export type Given = {
  readonly hub: Hub
  readonly url: string
  /** Where it listens, whatever its public address says. */
  readonly port: number
  /** Where scrapers are answered, with HUB_METRICS_PORT. */
  readonly metricsPort?: number | undefined
  as(agency: string | undefined): Client
  stop(): Promise<void>
}

export async function given(
  settings: Readonly<Record<string, string>> = {},
  clock: Clock = createClock(),
  options: Pick<Parameters<typeof createHub>[1], 'store' | 'onReply' | 'processMetrics'> = {},
): Promise<Given> {
  const config = loadConfig({
    HUB_PORT: '0',
    HUB_STORE: 'memory:',
    HUB_LOG: 'silent',
    HUB_SSN_KEY: 'a key for tests only, 32 chars at least',
    // Invented participants are often alike but for the number.
    HUB_SSN_ATTEMPT_LIMIT: '1000',
    // Races need more requests at the same time than one agency sends.
    HUB_CONCURRENCY_LIMIT: '1000',
    ...settings,
  })
  const declared = await declaredFor(config)
  const hub = await createHub(config, { log: createLog('silent'), clock, ...declared, ...options })
  const { url, port, metricsPort } = await hub.listen()
  return { hub, url, port, metricsPort, as: (agency) => clientAt(url, agency), stop: () => hub.stop() }
}

/**
 * The definitions of a hub with these settings, for `createHub`: read once for all hubs of this process, which do not change
 * them, unless its settings ask for others. Without this option, and in a process of its own, a hub reads them itself.
 */
export async function declaredFor({
  rules,
  definitions,
  textSearch,
}: Config): Promise<{ readonly definitions?: Definitions }> {
  if (definitions !== undefined || textSearch !== undefined) return {}
  const options = { searchTypes: SEARCH_TYPE_NAMES, ...MODES[rules].load }
  return { definitions: await (read[rules] ??= loadDefinitions(`${ROOT}/`, options)) }
}
const read: { [rules in Config['rules']]?: Promise<Definitions> } = {}

/** The stores over which the same cases are played. */
export const OVER_STORES = ['memory', 'sqlite'] as const
type StoreName = (typeof OVER_STORES)[number]

/** A hub over one of the stores, an SQLite file in a folder of its own, which `stop()` removes. */
export async function givenOver(
  store: StoreName,
  settings: Readonly<Record<string, string>> = {},
  clock?: Clock,
): Promise<Given> {
  if (store === 'memory') return given(settings, clock)
  const folder = await mkdtemp(join(tmpdir(), 'hub-given-'))
  const hub = await given({ HUB_STORE: `sqlite:${join(folder, 'hub.db')}`, ...settings }, clock)
  return {
    ...hub,
    async stop() {
      await hub.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A hub with open rules over one of the stores that holds these records, each under its id, and nothing else. */
export async function givenRecords(store: StoreName, records: readonly Body[]): Promise<Given> {
  const hub = await givenOver(store, { HUB_RULES: 'open', HUB_SEED: 'none' })
  const entries = records.map((resource) => ({
    method: 'PUT',
    url: `${resource.resourceType}/${String(resource.id)}`,
    resource,
  }))
  made(await hub.as(undefined).post('/', transaction(...entries)))
  return hub
}

/** A client of any hub that listens somewhere; it asserts that answers are valid FHIR. Without an agency the board speaks. */
export function clientAt(url: string, agency?: string): Client {
  const send = async (method: string, path: string, body?: unknown, options: ClientOptions = {}): Promise<Answer> => {
    const headers = {
      ...(agency ? { 'X-Agency': agency } : {}),
      ...(body === undefined ? {} : { 'Content-Type': 'application/fhir+json' }),
      ...options.headers,
    }
    const init =
      body === undefined
        ? { method, headers }
        : { method, headers, body: typeof body === 'string' ? body : JSON.stringify(body) }
    const response = await fetch(`${url}${path}`, init)
    const text = await response.text()
    const answer = { status: response.status, headers: response.headers, text, body: bodyOf(text) }
    await assertValidAnswer({ method, path, status: response.status }, answer.body)
    return answer
  }
  return clientOf(send)
}

const bodyOf = (text: string): unknown => (text === '' ? undefined : JSON.parse(text))

/** The ways of a client to send, made of one. */
export function clientOf(send: Client['send']): Client {
  const matching = (version?: number | string) =>
    version === undefined ? {} : { headers: { 'If-Match': `W/"${version}"` } }
  return {
    send,
    get: (path, options) => send('GET', path, undefined, options),
    post: (path, body, options) => send('POST', path, body, options),
    put: (path, body, version) => send('PUT', path, body, matching(version)),
    delete: (path, version) => send('DELETE', path, undefined, matching(version)),
    change: (record, more = {}) =>
      send(
        'PUT',
        `/${record.resourceType}/${String(record.id)}`,
        { ...record, ...more },
        matching((record.meta as { versionId?: string } | undefined)?.versionId),
      ),
  }
}

/** The answer refuses with this status and this stable code; answers its sentences. */
export function refused(answer: Answer, status: number, code: string): string {
  const issues = (answer.body?.issue ?? []) as { details?: { coding?: { code?: string }[]; text?: string } }[]
  const codes = issues.map((issue) => issue.details?.coding?.[0]?.code)
  assert.equal(answer.status, status, answer.text)
  assert.ok(codes.includes(code), `${code} is not among ${codes.join(', ')}: ${answer.text}`)
  return issues.map((issue) => issue.details?.text ?? '').join(' ')
}

/** The resource of an answer that must have succeeded. */
export function made(answer: Answer) {
  assert.ok(answer.status === 200 || answer.status === 201, `${answer.status}: ${answer.text}`)
  return answer.body
}
