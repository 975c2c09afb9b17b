/**
 * A large store beside one of 10,000 records: the time of a search by identifier and of a create, and how long the event
 * loop of the hub stands while it counts and sorts everything.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EVERYONE } from '../server/search/query.ts'
import { openStore } from '../server/store/open.ts'
import type { Write } from '../server/store/store.ts'
import { load, open, type Ask } from './load.ts'
import { start, type ServerProcess } from './process.ts'
import { referral as sentReferral } from './referrals.ts'
import { referral } from './store-size.ts'

const SMALL = 10_000
const LARGE = 1_000_000
const SECONDS = 2
const ROUNDS = 3
const CONNECTIONS = 16

/** Most referrals that share a moment of the clock. */
const IN_COMMIT = 200

/** What takes long: everything is counted, or sorted. */
const BROAD: readonly (readonly [string, string])[] = [
  ['total of all', '/ServiceRequest?_count=1&_total=accurate'],
  ['total of a status', '/ServiceRequest?status=active&_count=1&_total=accurate'],
  ['total of two', '/ServiceRequest?status=active&code=job-search&_count=1&_total=accurate'],
  ['20 by -_lastUpdated', '/ServiceRequest?_count=20&_sort=-_lastUpdated'],
  ['20 by -authored', '/ServiceRequest?_count=20&_sort=-authored'],
  ['20 by code, -authored', '/ServiceRequest?_count=20&_sort=code,-authored'],
  ['20 of a status by -authored', '/ServiceRequest?status=active&_count=20&_sort=-authored'],
  ['authored since, a total', '/ServiceRequest?authored=ge2020&_count=1&_total=accurate'],
]

/** @param options `--records=250000`; `--folder=/dev/shm/x`, where stores are kept for the next run */
export async function benchScale(options: readonly string[] = []): Promise<void> {
  const given = (name: string): string | undefined =>
    options.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3)
  const large = Number(given('records') ?? LARGE)
  const kept = given('folder')
  const folder = kept ?? (await mkdtemp(join(tmpdir(), 'hub-scale-')))
  const hubs: Hub[] = []
  try {
    for (const records of [SMALL, large]) hubs.push(await hubWith(records, join(folder, `${records}.sqlite`)))
    await compare(hubs)
    await measureBroad(hubs.at(-1)!)
  } finally {
    for (const { server } of hubs) await server.stop()
    if (kept === undefined) await rm(folder, { recursive: true, force: true })
  }
}

type Hub = { readonly records: number; readonly server: ServerProcess }

async function hubWith(records: number, path: string): Promise<Hub> {
  const env = { HUB_PORT: '0', HUB_RULES: 'open', HUB_LOG: 'silent', HUB_STORE: `sqlite:${path}` }
  if (!existsSync(path)) {
    // The hub marks an empty store as indexed; what is written below has the entries that it would make.
    await (await start('server/main.ts', env)).stop()
    await fill(path, records)
  }
  const flags = process.env['BENCH_PROFILE'] ? ['--cpu-prof', `--cpu-prof-dir=${process.env['BENCH_PROFILE']}`] : []
  return { records, server: await start('server/main.ts', env, flags) }
}

async function fill(path: string, records: number): Promise<void> {
  let now = Date.UTC(2026, 0, 5, 14)
  const store = await openStore({ kind: 'sqlite', path }, { clock: () => (now += 977) })
  for (let from = 0; from < records; from += IN_COMMIT) {
    const length = Math.min(IN_COMMIT, records - from)
    const writes = Array.from({ length }, (_, index): Write => {
      const at = now + ((from + index) % 86_400) * 60_000
      return { ...referral(from + index, at), audience: [{ agency: EVERYONE }] }
    })
    await store.commit({ writes })
    if (process.stderr.isTTY && from % 10_000 === 0) process.stderr.write(`\r${from} of ${records} records`)
  }
  await store.close()
}

/** Requests per second of both, in alternating rounds. */
async function compare(hubs: readonly Hub[]): Promise<void> {
  const requests: readonly (readonly [string, (records: number) => Ask])[] = [
    ['search by identifier', (records) => ({ method: 'GET', path: identifierOf(records) })],
    ['create', () => ({ method: 'POST', path: '/ServiceRequest', body: JSON.stringify(created()) })],
  ]
  for (const [name, next] of requests) {
    const cpu = new Map<number, number[]>()
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { server, records } of hubs) {
        const before = await server.usage()
        const round = { url: server.url, next: () => next(records) }
        const { answers } = await load(round, SECONDS, CONNECTIONS)
        const used = ((await server.usage()).cpu - before.cpu) / answers
        cpu.set(records, [...(cpu.get(records) ?? []), used])
      }
    }
    const [small, large] = hubs.map(({ records }) => median(cpu.get(records)!)) as [number, number]
    const at = hubs.map(({ records }) => records.toLocaleString('en'))
    console.log(
      `  ${name.padEnd(28)}${Math.round(small)} µs at ${at[0]}, ${Math.round(large)} µs at ${at[1]}: ${(large / small).toFixed(2)} times (limit 1.5)`,
    )
  }
}

let count = 0
const created = (): object => sentReferral('Patient/of-nobody', `N-${count++}`)

const identifierOf = (records: number): string =>
  `/ServiceRequest?identifier=MS-2026-${String(Math.floor(Math.random() * records)).padStart(7, '0')}`

/** One at a time. An idle process beside it says how long the machine itself lets a process stand. */
async function measureBroad({ server, records }: Hub): Promise<void> {
  const idle = await start('bench/bare.ts', {})
  const title = `at ${records.toLocaleString('en')}:`
  console.log(`  ${title.padEnd(32)}ms until the answer   longest stand, ms   of an idle process`)
  const connection = await open(server.url)
  for (const [name, path] of BROAD) {
    await Promise.all([server.usage('watch'), idle.usage('watch')])
    const begun = performance.now()
    const end = await connection.send({ method: 'GET', path }).then(
      () => '',
      (fault: Error) => (fault.message.includes('search-too-long') ? ' (refused: search-too-long)' : fault.message),
    )
    const taken = performance.now() - begun
    const [ofHub, ofIdle] = await Promise.all([server.usage(), idle.usage()])
    const columns = [taken, ofHub.longest, ofIdle.longest].map((ms) => ms.toFixed(0).padStart(19)).join('')
    console.log(`  ${name.padEnd(32)}${columns}${end}`)
  }
  connection.close()
  await idle.stop()
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN
