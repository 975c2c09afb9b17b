/**
 * What is compiled when it is first needed: how long the hub takes to its first answer, how long the first resource of
 * each profile takes, and the memory that all profiles of the hub take. Each in a process of its own.
 */
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { samplesByProfile } from './profiled.ts'

const run = promisify(execFile)

/** What is promised: ms, ms, bytes. */
const LIMITS = { start: 2000, first: 300, memory: 150 * 1024 * 1024 }

const STARTS = 3

export async function benchValidateLoad(): Promise<void> {
  console.log('validate-load: processes of their own')
  const folder = await mkdtemp(join(tmpdir(), 'hub-bench-'))
  try {
    const url = `sqlite:${join(folder, 'hub.sqlite')}`
    line('first start, to the first answer', `${Math.round(await start(url))} ms on the clock`)
    const again: number[] = []
    while (again.length < STARTS) again.push(await start(url))
    limited(`start, to the first answer (median of ${STARTS})`, median(again), LIMITS.start, 'ms on the clock')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  await reportFirst()
  const { profiles, bytes } = await compiling<{ profiles: number; bytes: number }>('memory')
  const mega = (value: number): number => value / 1024 / 1024
  limited(`memory of ${profiles} profiles (heap and external)`, mega(bytes), mega(LIMITS.memory), 'MB')
}

async function reportFirst(): Promise<void> {
  const times: { readonly name: string; readonly right: number; readonly refused?: number }[] = []
  for (const url of samplesByProfile().keys())
    times.push({ name: url.split('/').at(-1) ?? url, ...(await compiling<{ right: number }>('cold', url)) })
  times.sort((one, other) => other.right - one.right)
  const [worst] = times
  if (!worst) throw new Error('There are no samples of profiles.')
  const all = `first resource of a profile, the slowest of ${times.length} (${worst.name})`
  limited(all, worst.right, LIMITS.first, 'ms of processor time')
  limited('  the median profile', median(times.map((one) => one.right)), LIMITS.first, 'ms of processor time')
  const refused = Math.max(...times.map((one) => one.refused ?? 0))
  limited('  the first that is refused after it, the slowest', refused, LIMITS.first, 'ms of processor time')
}

async function compiling<Answer>(...task: readonly string[]): Promise<Answer> {
  const options = ['--expose-gc', '--import', 'tsx', join(import.meta.dirname, 'compiling.ts'), ...task]
  return JSON.parse((await run(process.execPath, options)).stdout) as Answer
}

/** Until a request is answered. */
async function start(store: string): Promise<number> {
  const begun = performance.now()
  const env = { ...process.env, HUB_PORT: '0', HUB_STORE: store, HUB_LOG: 'silent' }
  const child = spawn(process.execPath, ['--import', 'tsx', 'server/main.ts'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  try {
    let said = ''
    for await (const data of child.stdout as AsyncIterable<Buffer>) {
      said += data.toString()
      const url = /http:\/\/127\.0\.0\.1:\d+(?:\/fhir)?/.exec(said)?.[0]
      if (!url) continue
      const answer = await fetch(`${url}/metadata`)
      await answer.arrayBuffer()
      if (answer.ok) return performance.now() - begun
      throw new Error(`GET /metadata answered ${answer.status}.`)
    }
    throw new Error('The hub ended before it listened.')
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN

function limited(what: string, value: number, limit: number, unit: string): void {
  line(what, `${Math.round(value)} ${unit} (limit ${limit})${value <= limit ? '' : '  NOT held'}`)
}

function line(what: string, figure: string): void {
  console.log(`  ${what.padEnd(78)}${figure}`)
}
