/**
 * How long the event loop of the hub stands in one turn, for each kind of request that has much to do, in both modes.
 * What its thread waited for a processor does not count, because the machine may be shared: that is the difference to the
 * wall time, and an idle process beside it says how long the machine itself lets a process stand in the same time.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start, type ServerProcess, type Stand } from './process.ts'
import { LargeRequests, type Sizes } from './large-requests.ts'

/** The limit, in ms. */
const LIMIT = 50

const MODES = ['hub', 'open'] as const
type Mode = (typeof MODES)[number]

const DEFAULTS = { rounds: 3, record: 2, bundle: 8, entries: 500, merged: 2_000, page: 200 }

/**
 * @param options `--rounds=3`; sizes: `--record=2` MB of a large record, `--bundle=8` MB of a large Bundle, `--entries=500`
 * of a Bundle, `--merged=2000` records of a participant that is merged, `--page=200` records of a page; `--only=hub,patch`:
 * only these modes and what has this in its name
 */
export async function benchLoop(options: readonly string[] = []): Promise<void> {
  const given = (name: keyof typeof DEFAULTS): number =>
    Number(options.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3) ?? DEFAULTS[name])
  const MB = 1024 * 1024
  const sizes = {
    record: given('record') * MB,
    bundle: given('bundle') * MB,
    entries: given('entries'),
    merged: given('merged'),
    page: given('page'),
  }
  const only = options.flatMap((one) => (one.startsWith('--only=') ? one.slice(7).split(',') : []))
  const modes = MODES.filter((mode) => only.includes(mode))
  const names = only.filter((one) => !MODES.some((mode) => mode === one))
  console.log(
    `loop: the longest stand of the event loop, median and longest of ${given('rounds')} rounds, in ms; more than ${LIMIT} is marked`,
  )
  const idle = await start('bench/bare.ts', {})
  try {
    for (const mode of modes.length > 0 ? modes : MODES)
      await measureMode(mode, idle, { sizes, names, rounds: given('rounds') })
  } finally {
    await idle.stop()
  }
}

type Scale = { readonly sizes: Sizes; readonly names: readonly string[]; readonly rounds: number }

async function measureMode(mode: Mode, idle: ServerProcess, { sizes, names, rounds }: Scale): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hub-loop-'))
  const settings = { HUB_PORT: '0', HUB_STORE: `sqlite:${join(folder, 'hub.sqlite')}`, HUB_LOG: 'silent' }
  const flags = process.env['BENCH_PROFILE'] ? ['--cpu-prof', `--cpu-prof-dir=${process.env['BENCH_PROFILE']}`] : []
  const hub = await start('server/main.ts', { ...settings, HUB_RULES: mode }, flags)
  try {
    const requests = await LargeRequests.at(hub.url, mode, sizes)
    console.log(`  ${mode.padEnd(44)}median   longest   its cpu   wall   idle   ms until the answer`)
    for (const { name, send, prepare } of requests.kinds()) {
      if (names.length > 0 && !names.some((one) => name.includes(one))) continue
      const found: Round[] = []
      // The first round compiles.
      for (let round = 0; round <= rounds; round += 1) {
        await prepare?.()
        found.push(await measure(hub, idle, send))
      }
      report(name, found.slice(1))
    }
  } finally {
    await hub.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

type Round = { readonly hub: Stand; readonly idle: Stand; readonly taken: number }

async function measure(hub: ServerProcess, idle: ServerProcess, send: () => Promise<void>): Promise<Round> {
  await Promise.all([hub.watchStands(), idle.watchStands()])
  const begun = performance.now()
  await send()
  const taken = performance.now() - begun
  const [ofHub, ofIdle] = await Promise.all([hub.longestStand(), idle.longestStand()])
  return { hub: ofHub, idle: ofIdle, taken }
}

function report(name: string, rounds: readonly Round[]): void {
  const stands = rounds.map(({ hub }) => hub).sort((one, other) => one.stand - other.stand)
  const [median, longest] = [stands[stands.length >> 1]!, stands.at(-1)!]
  const idle = Math.max(...rounds.map((one) => one.idle.wall))
  const taken = rounds.map((one) => one.taken).sort((one, other) => one - other)[rounds.length >> 1]!
  const columns = [
    median.stand.toFixed(0).padStart(6),
    longest.stand.toFixed(0).padStart(10),
    longest.cpu.toFixed(0).padStart(10),
    longest.wall.toFixed(0).padStart(7),
    idle.toFixed(0).padStart(7),
    taken.toFixed(0).padStart(10),
  ]
  console.log(`  ${name.padEnd(44)}${columns.join('')}${median.stand > LIMIT ? '  over' : ''}`)
}
