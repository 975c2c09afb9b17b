/**
 * The cost of compiling on first use: the time to the hub's first answer, the time of the first resource of each profile,
 * and the memory of all profiles of the hub. Each in a process of its own.
 */
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { samplesByProfile } from './profiled.ts'

const run = promisify(execFile)

/** The limits: ms, ms, bytes. */
const LIMITS = { start: 2000, first: 300, memory: 150 * 1024 * 1024 }

const STARTS = 3

export async function benchValidateLoad(): Promise<void> {
  console.log('validate-load: processes of their own')
  const folder = await mkdtemp(join(tmpdir(), 'hub-bench-'))
  try {
    const env = { HUB_PORT: '0', HUB_STORE: `sqlite:${join(folder, 'hub.sqlite')}`, HUB_LOG: 'silent' }
    const hub = (): Promise<number> => start('server/main.ts', '/metadata', env)
    line('first start, which stores the samples, to the first answer', `${Math.round(await hub())} ms elapsed`)
    const [again, bare]: [number[], number[]] = [[], []]
    while (again.length < STARTS) {
      again.push(await hub())
      bare.push(await start('bench/bare.ts', '/', {}))
    }
    limited(`start, to the first answer (median of ${STARTS})`, median(again), LIMITS.start, 'ms elapsed')
    line('  a bare Express', `${Math.round(median(bare))} ms elapsed`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  await reportFirst()
  const { profiles, bytes } = await compiling<{ profiles: number; bytes: number }>('memory')
  const mega = (value: number): number => value / 1024 / 1024
  limited(`memory of ${profiles} profiles (heap and external)`, mega(bytes), mega(LIMITS.memory), 'MB')
}

type First = { readonly url: string; readonly right: number; readonly refused?: number }

async function reportFirst(): Promise<void> {
  const times: First[] = []
  for (const url of samplesByProfile().keys()) times.push(await first(url))
  times.sort((one, other) => other.right - one.right)
  // Elapsed time includes the load of the machine: the slowest are measured again, and the least time counts.
  const slowest: First[] = []
  for (const one of times.slice(0, AGAIN)) slowest.push(await again(one))
  const right = Math.max(...slowest.map((one) => one.right))
  const { url } = slowest.find((one) => one.right === right) as First
  const refused = Math.max(...times.map((one) => one.refused ?? 0))
  const name = url.split('/').at(-1) ?? url
  const unit = 'ms elapsed'
  limited(`first resource of a profile, the slowest of ${times.length} (${name})`, right, LIMITS.first, unit)
  limited('  the median profile', median(times.map((one) => one.right)), LIMITS.first, unit)
  limited('  one that is refused after it, the slowest', refused, LIMITS.first, unit)
}

const AGAIN = 4

async function again(before: First): Promise<First> {
  const [one, other] = [await first(before.url), await first(before.url)]
  return { ...before, right: Math.min(before.right, one.right, other.right) }
}

const first = async (url: string): Promise<First> => ({ url, ...(await compiling<Omit<First, 'url'>>('cold', url)) })

async function compiling<Answer>(...task: readonly string[]): Promise<Answer> {
  const options = [
    '--expose-gc',
    '--import',
    './server/typescript/register.mjs',
    join(import.meta.dirname, 'compiling.ts'),
    ...task,
  ]
  return JSON.parse((await run(process.execPath, options)).stdout) as Answer
}

/** The time until a request is answered. */
async function start(file: string, path: string, more: Readonly<Record<string, string>>): Promise<number> {
  const begun = performance.now()
  const child = spawn(process.execPath, ['--import', './server/typescript/register.mjs', file], {
    env: { ...process.env, ...more },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  try {
    let output = ''
    for await (const data of child.stdout as AsyncIterable<Buffer>) {
      output += data.toString()
      const url = /http:\/\/127\.0\.0\.1:\d+(?:\/fhir)?/.exec(output)?.[0]
      if (!url) continue
      const answer = await fetch(url + path)
      await answer.arrayBuffer()
      if (answer.ok) return performance.now() - begun
      throw new Error(`GET ${path} answered ${answer.status}.`)
    }
    throw new Error(`${file} ended before it listened.`)
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN

function limited(what: string, value: number, limit: number, unit: string): void {
  line(what, `${Math.round(value)} ${unit} (limit ${limit})${value <= limit ? '' : '  EXCEEDED'}`)
}

function line(what: string, figure: string): void {
  console.log(`  ${what.padEnd(78)}${figure}`)
}
