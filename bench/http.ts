/**
 * Requests per second of the running hub, in hub and open mode, over 20,000 ServiceRequests of 1,000 participants, beside
 * a bare Express that answers as many bytes. Each runs as a process of its own. Rounds of the hub and of the reference
 * alternate, so that a busy machine slows both; the ratio of processor time says the same where the machine is shared.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load, type Ask } from './load.ts'
import { start, type ServerProcess } from './process.ts'
import { Referrals, type Filling } from './referrals.ts'

const CONNECTIONS = 16

type Scale = { readonly filling: Filling; readonly seconds: number; readonly rounds: number }

const WHOLE: Scale = { filling: { participants: 1_000, referralsOfEach: 20 }, seconds: 3, rounds: 3 }
/** For development. */
const SHORT: Scale = { filling: { participants: 100, referralsOfEach: 20 }, seconds: 1, rounds: 1 }

/** `agency`: the caller; undefined for the board. */
const MODES = [
  { rules: 'open', agency: undefined },
  { rules: 'hub', agency: 'es' },
] as const

/** What is measured: the name, the requests, and the goal as a part of the reference, where there is one. */
const measured = (referrals: Referrals): readonly (readonly [string, () => Ask, { open?: number; hub?: number }])[] => [
  ['read', referrals.read, { open: 0.8, hub: 0.8 }],
  ['search by identifier', referrals.search, { open: 0.5, hub: 0.5 }],
  ['ten rows with _include', referrals.include, { open: 0.25, hub: 0.25 }],
  ['20 by -_lastUpdated', referrals.newest, {}],
  ['20 by -authored', referrals.sorted, {}],
  ['one row with a total', referrals.total, {}],
  ['create', referrals.create, { open: 0.3, hub: 0.15 }],
  ['update with If-Match', referrals.update, { open: 0.25, hub: 0.25 }],
  ['transaction of ten', referrals.transaction, { open: 0.06, hub: 0.06 }],
]

/** @param options `--short`: fewer records and one round; `--seconds=8` for each; `--only=hub,create`: only these modes and what has this in its name */
export async function benchHttp(options: readonly string[] = []): Promise<void> {
  const seconds = options.find((one) => one.startsWith('--seconds='))?.slice(10)
  const size = options.includes('--short') ? SHORT : WHOLE
  const scale = seconds === undefined ? size : { ...size, seconds: Number(seconds) }
  const names = options.flatMap((one) => (one.startsWith('--only=') ? one.slice(7).split(',') : []))
  const { participants, referralsOfEach } = scale.filling
  console.log(
    `http: ${CONNECTIONS} connections, ${participants * referralsOfEach} ServiceRequests of ${participants} participants, median of ${scale.rounds} rounds of ${scale.seconds} s`,
  )
  const bare = await start('bench/bare.ts', {})
  try {
    for (const mode of MODES) {
      if (names.length === 0 || !MODES.some(({ rules }) => names.includes(rules)) || names.includes(mode.rules))
        await measureMode(mode, scale, names, bare)
    }
  } finally {
    await bare.stop()
  }
}

async function measureMode(
  { rules, agency }: (typeof MODES)[number],
  scale: Scale,
  names: readonly string[],
  bare: ServerProcess,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hub-bench-'))
  const settings = { HUB_PORT: '0', HUB_STORE: `sqlite:${join(folder, 'hub.sqlite')}`, HUB_LOG: 'silent' }
  const flags = process.env['BENCH_PROFILE'] ? ['--cpu-prof', `--cpu-prof-dir=${process.env['BENCH_PROFILE']}`] : []
  const hub = await start('server/main.ts', { ...settings, HUB_RULES: rules }, flags)
  try {
    const referrals = await Referrals.at(hub.url, scale.filling, agency)
    console.log(`  ${rules.padEnd(24)}     per s   of bare   goal   µs cpu   of bare   longest`)
    const chosen = names.filter((name) => !MODES.some(({ rules }) => rules === name))
    for (const [name, next, goals] of measured(referrals)) {
      if (chosen.length > 0 && !chosen.some((one) => name.includes(one))) continue
      await warmUp(hub, next, scale)
      const rounds = []
      for (let round = 0; round < scale.rounds; round += 1) rounds.push(await measureRound(hub, bare, next, scale))
      report(name, rounds, goals[rules])
    }
  } finally {
    await hub.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Until the functions of a write are compiled: some thousand requests. */
const warmUp = (hub: ServerProcess, next: () => Ask, { seconds }: Scale): Promise<unknown> =>
  load({ url: hub.url, next }, seconds * 3, CONNECTIONS)

/** `perSecond`, `cpu` (µs of processor time for an answer) and the longest stand of the loop (ms). */
type Figures = { readonly perSecond: number; readonly cpu: number; readonly longest: number }
type RoundFigures = { readonly hub: Figures; readonly bare: Figures }

async function measureRound(
  hub: ServerProcess,
  bare: ServerProcess,
  next: () => Ask,
  { seconds }: Scale,
): Promise<RoundFigures> {
  const ofHub = await measure(hub, next, seconds)
  const path = `/?${Math.round(ofHub.bytes)}`
  const { bytes: _, ...ofBare } = await measure(bare, () => ({ method: 'GET', path }), seconds)
  return { hub: ofHub, bare: ofBare }
}

async function measure(server: ServerProcess, next: () => Ask, seconds: number): Promise<Figures & { bytes: number }> {
  const before = await server.usage('watch')
  const { answers, seconds: taken, bytesOfBody } = await load({ url: server.url, next }, seconds, CONNECTIONS)
  const after = await server.usage()
  return {
    perSecond: answers / taken,
    cpu: (after.cpu - before.cpu) / answers,
    longest: after.longest,
    bytes: bytesOfBody / answers,
  }
}

function report(name: string, rounds: readonly RoundFigures[], goal: number | undefined): void {
  const of = (figure: (round: RoundFigures) => number): number => median(rounds.map(figure))
  const columns = [
    Math.round(of(({ hub }) => hub.perSecond))
      .toString()
      .padStart(10),
    of(({ hub, bare }) => hub.perSecond / bare.perSecond)
      .toFixed(3)
      .padStart(10),
    (goal === undefined ? '' : String(goal)).padStart(7),
    Math.round(of(({ hub }) => hub.cpu))
      .toString()
      .padStart(9),
    of(({ hub, bare }) => bare.cpu / hub.cpu)
      .toFixed(3)
      .padStart(10),
    `${Math.round(of(({ hub }) => hub.longest))} ms`.padStart(10),
  ]
  console.log(`  ${name.padEnd(24)}${columns.join('')}`)
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN
