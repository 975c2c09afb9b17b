/**
 * Two hubs that answer the same requests. Ids, hub ids and random numbers are made by each hub: in what is compared they
 * are replaced by marks in the order of their first appearance, and in what is sent a mark is each hub's own again. The
 * two share one clock, so that instants are the same; of a cursor only the length is compared.
 */
import { Agent, request } from 'node:http'
import { createClock } from '../../server/clock.ts'
import type { Call, Reply } from '../../server/interactions/call.ts'
import { openStore } from '../../server/store/open.ts'
import type { Store } from '../../server/store/store.ts'
import { given, type Given } from '../given.ts'

export type Sent = {
  readonly agency: string
  readonly method: string
  /** Below the base, with marks: `/Patient/«3»`. What stands beside it begins with `/../`. */
  readonly path: string
  readonly body?: unknown
  readonly headers?: { readonly [name: string]: string | undefined }
}

/** What both hubs answered, with marks. */
export type TwinAnswer = {
  readonly status: number
  readonly headers: string
  readonly text: string
  /** The next page of each hub. */
  readonly next?: readonly string[]
}

export class Difference extends Error {
  constructor(sent: Sent, first: TwinAnswer, second: TwinAnswer) {
    super(
      [
        `${sent.agency} ${sent.method} ${sent.path} ${JSON.stringify(sent.headers ?? {})}`,
        JSON.stringify(sent.body) ?? '',
        ...[first, second].map(({ status, headers, text }) => `${status}\n${headers}\n${text}\n`),
      ].join('\n'),
    )
    this.name = 'Difference'
  }
}

/** Made by a hub: ids of records, hub ids of participants, random UUIDs, requests in the background; also after `%2F` in a link. */
const MADE =
  /(?:\b|(?<=%[0-9A-F]{2}))(?:0[0-9a-hjkmnp-tv-z]{25}|MS\d{10}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})\b/g
const MARK = /«(\d+)»/g
/** In a link of a Bundle, and as the parameter `next` of an operation that answers Parameters. */
const CURSOR = /(_cursor=|"name":"next","valueString":")([A-Za-z0-9_.-]+)/g
/** About the connection and the moment, not about what the hub knows. */
const IGNORED_HEADERS = ['date', 'x-request-id', 'connection', 'keep-alive']

const BASE = 'http://localhost/fhir'

type Hub = {
  readonly given: Given
  readonly agent: Agent
  readonly marks: Map<string, string>
  readonly made: string[]
}

export type Twins = {
  /** Moves the clock of both. */
  tick(ms: number): void
  now(): number
  /** To both, compared. Errors: Difference. */
  ask(sent: Sent): Promise<TwinAnswer>
  /** To both, with another body for the second: what only its writer may see. The answers are not compared. */
  askApart(sent: Sent, second: unknown): Promise<TwinAnswer>
  /** The page behind `next`, from both, compared. */
  follow(agency: string, next: readonly string[]): Promise<TwinAnswer>
  /** To both, not compared: what the answer says is not for abe. */
  both(sent: Sent): Promise<TwinAnswer>
  /** To the second hub alone. */
  hide(sent: Sent): Promise<TwinAnswer>
  readonly requestsSent: () => number
  stop(): Promise<void>
}

/** Sees every reply of a hub before it is sent, with the store of that hub. */
export type Observe = (store: Store, call: Call, reply: Reply) => void

export async function twins(start: number, observe?: Observe): Promise<Twins> {
  let now = start
  let requestsSent = 0
  const [first, second] = [await open(() => now, observe), await open(() => now, observe)]

  async function compared(sent: Sent, paths: readonly string[]): Promise<TwinAnswer> {
    requestsSent += 1
    const [one, other] = (await Promise.all(
      [first, second].map((hub, index) => exchange(hub, { ...sent, path: paths[index] ?? sent.path })),
    )) as [TwinAnswer, TwinAnswer]
    if (one.status !== other.status || one.headers !== other.headers || one.text !== other.text)
      throw new Difference(sent, one, other)
    return { ...one, ...(one.next ? { next: [...one.next, ...(other.next ?? [])] } : {}) }
  }

  /** Of a request that was accepted to be answered later: what it came to, compared, and removed. */
  async function result({ agency }: Sent, answer: TwinAnswer): Promise<TwinAnswer> {
    const path = answer.status === 202 ? /\/_async\/«\d+»/.exec(answer.headers)?.[0] : undefined
    if (path === undefined) return answer
    await Promise.all([first, second].map(({ given }) => given.hub.runDue()))
    const found = await compared({ agency, method: 'GET', path }, [])
    await Promise.all([first, second].map(({ given }) => given.hub.catchUp()))
    await compared({ agency, method: 'DELETE', path }, [])
    return found
  }

  /** Events are numbered at the instant of the change in both, whatever runs in between. */
  async function settled<T>({ method }: Sent, answered: Promise<T>): Promise<T> {
    const answer = await answered
    if (method !== 'GET' && method !== 'HEAD')
      await Promise.all([first, second].map(({ given }) => given.hub.catchUp()))
    return answer
  }

  return {
    tick: (ms) => void (now += ms),
    now: () => now,
    ask: async (sent) => result(sent, await settled(sent, compared(sent, []))),
    async askApart(sent, body) {
      const [one, other] = await Promise.all([exchange(first, sent), exchange(second, { ...sent, body })])
      if (one.status !== other.status) throw new Difference(sent, one, other)
      return one
    },
    both: (sent) =>
      settled(
        sent,
        Promise.all([first, second].map((hub) => exchange(hub, sent))).then(([one]) => one as TwinAnswer),
      ),
    follow: (agency, next) => compared({ agency, method: 'GET', path: '' }, next),
    hide: (sent) => settled(sent, exchange(second, sent, false)),
    requestsSent: () => requestsSent,
    stop: async () => {
      for (const { given, agent } of [first, second]) {
        agent.destroy()
        await given.stop()
      }
    },
  }
}

async function open(now: () => number, observe: Observe = () => undefined): Promise<Hub> {
  const store = await openStore({ kind: 'memory' }, { clock: now })
  return {
    given: await given({ HUB_TEXT_SEARCH: 'on' }, createClock(now), {
      store,
      onReply: (call, reply) => observe(store, call, reply),
    }),
    agent: new Agent({ keepAlive: true }),
    marks: new Map(),
    made: [],
  }
}

/** `marked` is false for what is sent to one of the hubs only: its answer has the real ids. */
async function exchange(hub: Hub, sent: Sent, marked = true): Promise<TwinAnswer> {
  const own = (text: string): string => text.replace(MARK, (_, index: string) => hub.made[Number(index)] ?? 'unmade')
  const body = sent.body === undefined ? undefined : own(typeof sent.body === 'string' ? sent.body : json(sent.body))
  const answer = await send(hub, {
    method: sent.method,
    path: own(sent.path),
    body,
    headers: {
      Host: new URL(BASE).host,
      'X-Agency': sent.agency,
      ...(body === undefined ? {} : { 'Content-Type': 'application/fhir+json' }),
      ...Object.fromEntries(Object.entries(sent.headers ?? {}).map(([name, value]) => [name, own(value ?? '')])),
    },
  })
  const next = /"relation":"next","url":"([^"]*)"/.exec(answer.text)?.[1]?.slice(BASE.length)
  const withMarks = (text: string): string =>
    marked
      ? marks(hub, text).replace(CURSOR, (_, before: string, cursor: string) => `${before}<${cursor.length}>`)
      : text
  return {
    status: answer.status,
    headers: withMarks(answer.headers),
    text: withMarks(answer.text),
    ...(next === undefined ? {} : { next: [next] }),
  }
}

function marks({ marks, made }: Hub, text: string): string {
  return text.replace(MADE, (id) => {
    const existing = marks.get(id)
    if (existing !== undefined) return existing
    const mark = `«${made.push(id) - 1}»`
    marks.set(id, mark)
    return mark
  })
}

const json = (body: unknown): string => JSON.stringify(body)

type Plain = { method: string; path: string; body: string | undefined; headers: Record<string, string> }

function send({ given, agent }: Hub, { method, path, body, headers }: Plain) {
  const { port, hostname, pathname } = new URL(given.url)
  const target = path.startsWith('/../') ? path.slice(3) : pathname + path
  return new Promise<{ status: number; headers: string; text: string }>((resolve, reject) => {
    const out = request({ agent, hostname, port, method, path: target, headers }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('error', reject)
      answer.on('end', () => {
        const shown = Object.entries(answer.headers).filter(([name]) => !IGNORED_HEADERS.includes(name))
        resolve({
          status: answer.statusCode ?? 0,
          headers: shown.map(([name, value]) => `${name}: ${String(value)}`).join('\n'),
          text: Buffer.concat(parts).toString(),
        })
      })
    })
    out.on('error', reject)
    out.end(body)
  })
}
