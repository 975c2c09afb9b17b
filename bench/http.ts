/**
 * Requests per second of the running hub (with its profiles, rules and visibility), compared with a bare Express that answers
 * the same number of bytes. Both run as processes of their own; the rounds alternate, so that a busy machine slows both.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load, type Round } from './load.ts'
import { Participants } from './participants.ts'

const SECONDS = 3
const ROUNDS = 3
const CONNECTIONS = 16

export async function benchHttp(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hub-bench-'))
  const hub = await started('server/main.ts', {
    HUB_PORT: '0',
    HUB_STORE: `sqlite:${join(folder, 'hub.sqlite')}`,
    HUB_LOG: 'silent',
  })
  const bare = await started('bench/bare.ts', {})
  try {
    const participants = await Participants.at(hub.url, 200)
    const updated = await Participants.at(hub.url, 200, 'U')
    const rounds: Readonly<Record<string, Round>> = {
      'bare Express GET': { url: bare.url, next: () => ({ method: 'GET', path: '/' }) },
      read: { url: hub.url, next: () => participants.read() },
      'read, not modified (304)': { url: hub.url, next: () => participants.notModified() },
      'search by identifier': { url: hub.url, next: () => participants.search() },
      'search, 20 of all sorted': { url: hub.url, next: () => participants.page() },
      'search, 20 with _include': { url: hub.url, next: () => participants.pageWithInclude() },
      'bare Express POST': { url: bare.url, next: () => ({ method: 'POST', path: '/', body: participants.body() }) },
      'create (validated, fsynced)': { url: hub.url, next: () => participants.create() },
      'PUT with If-Match': { url: hub.url, next: () => updated.update() },
      'transaction of ten': { url: hub.url, next: () => participants.transaction() },
    }
    const rates = new Map<string, number[]>()
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [name, one] of Object.entries(rounds))
        rates.set(name, [...(rates.get(name) ?? []), await load(one, SECONDS, CONNECTIONS)])
    }
    report(rates)
  } finally {
    for (const { child } of [hub, bare]) child.kill('SIGTERM')
    await rm(folder, { recursive: true, force: true })
  }
}

function report(rates: ReadonlyMap<string, readonly number[]>): void {
  console.log(`http: ${CONNECTIONS} connections, median of ${ROUNDS} rounds of ${SECONDS} s`)
  const median = (name: string): number =>
    [...(rates.get(name) ?? [])].sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0
  for (const name of rates.keys()) {
    const reference = READS.test(name) ? 'bare Express GET' : 'bare Express POST'
    console.log(
      `  ${name.padEnd(30)}${Math.round(median(name)).toString().padStart(7)}/s  ${(median(name) / median(reference)).toFixed(2)} of ${reference}`,
    )
  }
}

const READS = /^(read|search|bare Express GET)/

type Started = { readonly child: ChildProcess; readonly url: string }

/** Resolves with the first address that the program prints. */
function started(file: string, env: Readonly<Record<string, string>>): Promise<Started> {
  const child = spawn(process.execPath, ['--import', './server/typescript/register.mjs', file], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    let printed = ''
    child.stdout.on('data', (data: Buffer) => {
      printed += data.toString()
      const url = /http:\/\/127\.0\.0\.1:\d+(?:\/fhir)?/.exec(printed)?.[0]
      if (url) resolve({ child, url })
    })
    child.once('exit', (code) => reject(new Error(`${file} ended with ${String(code)} before it listened.`)))
  })
}
