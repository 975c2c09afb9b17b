/** The time of $match: a hub over SQLite with a population, and the duplicates looked for one after the other. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import { createHub } from '../../server/hub.ts'
import { createLog } from '../../server/log.ts'
import type { Resource } from '../../server/fhir/types.ts'
import type { Recorded } from './population.ts'

/** Records of one transaction. */
const BATCH = 250

export type MatchTimes = {
  /** Participants in the hub. */
  readonly records: number
  readonly matches: number
  /** Duplicates whose person was answered as certain or probable. */
  readonly found: number
  /** Milliseconds of processor time of the hub and its caller, for half of the calls, and for 99 of 100. */
  readonly p50: number
  readonly p99: number
  /** Milliseconds by the clock on the wall, for 99 of 100. */
  readonly wallP99: number
}

/** Enters the first records, then matches so many of the second ones as the agency that entered the first. */
export async function measureTime(
  people: readonly Recorded[],
  matches: number,
  progress: (done: number, total: number) => void = () => undefined,
): Promise<MatchTimes> {
  const folder = await mkdtemp(join(tmpdir(), 'nwd-match-'))
  const config = loadConfig({
    HUB_PORT: '0',
    HUB_STORE: `sqlite:${join(folder, 'hub.sqlite')}`,
    HUB_LOG: 'silent',
    HUB_SSN_KEY: 'a key for measurements only, 32 chars',
    HUB_LOOK_UP_LIMIT: '1000000',
    HUB_SSN_ATTEMPT_LIMIT: '1000',
    HUB_CONCURRENCY_LIMIT: String(BATCH),
  })
  const hub = await createHub(config, { log: createLog('silent'), clock: createClock() })
  try {
    const { url } = await hub.listen()
    const entered = await enter(url, people, progress)
    return { records: entered.size, ...(await matchEach(url, people, entered, matches)) }
  } finally {
    await hub.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

type Body = { readonly [name: string]: unknown }

async function send(url: string, path: string, body: unknown): Promise<{ status: number; body: Body }> {
  const headers = { 'Content-Type': 'application/fhir+json' }
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: answer.status, body: (await answer.json()) as Body }
}

/** The ids of the participants entered, by person. The board enters them, who may try any number. */
async function enter(
  url: string,
  people: readonly Recorded[],
  progress: (done: number, total: number) => void,
): Promise<ReadonlyMap<number, string>> {
  const first = people.filter(({ mistakes }) => mistakes === undefined)
  const ids = new Map<number, string>()
  for (let start = 0; start < first.length; start += BATCH) {
    const batch = first.slice(start, start + BATCH)
    for (const [person, id] of await enterBatch(url, batch)) ids.set(person, id)
    progress(start + batch.length, first.length)
  }
  return ids
}

/** A record that the hub refuses as a duplicate (a twin, say) is left out. */
async function enterBatch(url: string, batch: readonly Recorded[]): Promise<readonly (readonly [number, string])[]> {
  const entry = batch.map(({ patient }) => ({ resource: patient, request: { method: 'POST', url: 'Patient' } }))
  const { status, body } = await send(url, '', { resourceType: 'Bundle', type: 'transaction', entry })
  if (status === 409 && batch.length > 1) return (await Promise.all(batch.map((one) => enterBatch(url, [one])))).flat()
  if (status === 409) return []
  if (status !== 200) throw new Error(JSON.stringify(body))
  const answers = body.entry as readonly { readonly resource: { readonly id: string } }[]
  return answers.map(({ resource }, index) => [batch[index]!.person, resource.id] as const)
}

async function matchEach(
  url: string,
  people: readonly Recorded[],
  entered: ReadonlyMap<number, string>,
  matches: number,
): Promise<Omit<MatchTimes, 'records'>> {
  const again = people.filter(({ mistakes }) => mistakes !== undefined)
  const step = Math.max(1, Math.floor(again.length / matches))
  const times: number[] = []
  const wall: number[] = []
  let found = 0
  for (let index = 0; times.length < matches && index < again.length; index += step) {
    const { person, patient } = again[index]!
    const [began, used] = [performance.now(), process.cpuUsage()]
    const { status, body } = await send(url, '/Patient/$match', patient satisfies Resource)
    const { user, system } = process.cpuUsage(used)
    times.push((user + system) / 1000)
    wall.push(performance.now() - began)
    if (status !== 200) throw new Error(JSON.stringify(body))
    if (isFound(body, entered.get(person))) found += 1
  }
  const at = (list: number[], share: number): number =>
    [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? 0
  return { matches: times.length, found, p50: at(times, 0.5), p99: at(times, 0.99), wallP99: at(wall, 0.99) }
}

type Entry = {
  readonly resource: { readonly id?: string }
  readonly search: { readonly extension?: readonly { readonly valueCode: string }[] }
}

const isFound = ({ entry = [] }: { readonly entry?: unknown }, id: string | undefined): boolean =>
  (entry as readonly Entry[]).some(
    ({ resource, search }) =>
      resource.id === id && ['certain', 'probable'].includes(search.extension?.[0]?.valueCode ?? ''),
  )
