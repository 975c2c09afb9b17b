/**
 * The MongoDB server of the tests: the one that HUB_TEST_MONGO_URL names, else a small Java program (test/mongo-server) that
 * the tests build once and start once for each test process, if HUB_TEST_MONGO is set. Without a server the suites that need
 * one skip; HUB_TEST_MONGO=required makes that an error.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { MongoClient } from 'mongodb'
import { ROOT } from '../checks/files.ts'

/** `stop` lets it close its file, `kill` does not; both resolve when it has ended. */
export type MongoServer = { readonly url: string; stop(): Promise<void>; kill(): Promise<void> }
export type Database = { readonly url: string; drop(): Promise<void> }

/** The first build fetches the libraries. */
const BUILD_MS = 300_000
const PROJECT = join(ROOT, 'test/mongo-server')
const SOURCES = ['pom.xml', 'src/main/java/MongoServer.java']
const BUILT = join(PROJECT, 'target/built')
/** Little memory, an early start, and compilers that leave the processor to the tests. */
const JAVA = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xms32m', '-Xmx768m', '-cp', join(PROJECT, 'target/*')]

let address: Promise<string | undefined> | undefined

/** The server of this process, or undefined after one line that says why there is none. */
export function mongoAddress(): Promise<string | undefined> {
  address ??= findAddress()
  return address
}

/** For a suite: has the server before its tests, or skips them. */
export function needsMongo(): void {
  before(async function () {
    this.timeout(BUILD_MS)
    if ((await mongoAddress()) === undefined) this.skip()
  })
}

/** A database of its own on that server. */
export async function freshDatabase(): Promise<Database> {
  const server = await mongoAddress()
  if (server === undefined)
    throw new Error('There is no MongoDB server: call `needsMongo()` in the suite, which skips it.')
  const url = databaseUrl(server, `hub-test-${randomBytes(8).toString('hex')}`)
  return { url, drop: () => dropDatabase(url) }
}

/** A server of its own, on a free port or this one; with a file the data outlive it. */
export async function startMongo({ file, port }: { file?: string; port?: number } = {}): Promise<MongoServer> {
  await build()
  const child = spawn('java', [...JAVA, 'MongoServer', ...(file ? [file] : []), ...(port ? [String(port)] : [])])
  const end = (): void => void child.kill()
  process.once('exit', end)
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      process.off('exit', end)
      resolve()
    })
  })
  const url = await firstLine(child)
  return {
    url,
    stop: () => {
      child.ref()
      child.stdin.end()
      return ended
    },
    kill: () => {
      child.ref()
      child.kill('SIGKILL')
      return ended
    },
  }
}

/** The URL with this database in place of its own. */
export function databaseUrl(server: string, name: string): string {
  const [, hosts, options = ''] = /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?(\?.*)?$/.exec(server) ?? []
  if (hosts === undefined) throw new Error('HUB_TEST_MONGO_URL is no URL like `mongodb://127.0.0.1:27017`.')
  return `${hosts}/${name}${options}`
}

async function findAddress(): Promise<string | undefined> {
  const named = process.env['HUB_TEST_MONGO_URL']
  if (named) return named
  if (process.env['HUB_TEST_MONGO'] === undefined) {
    console.error('The suites of the MongoDB store are skipped: `npm run test:long -- mongo=1` runs them.')
    return undefined
  }
  try {
    return (await startMongo()).url
  } catch (error) {
    const reason = `There is no MongoDB server for the tests: ${(error as Error).message}`
    if (process.env['HUB_TEST_MONGO'] === 'required') throw new Error(reason, { cause: error })
    console.error(`${reason} The suites that need one are skipped.`)
    return undefined
  }
}

async function dropDatabase(url: string): Promise<void> {
  const client = new MongoClient(url)
  try {
    await client.db().dropDatabase()
  } finally {
    await client.close()
  }
}

/** Builds the program unless these sources are built already; one process at a time. */
async function build(): Promise<void> {
  if (isBuilt()) return
  const { withLock } = (await import(new URL('../../scripts/lock.mjs', import.meta.url).href)) as {
    withLock(file: string, waiting: string, work: () => Promise<void>): Promise<void>
  }
  await withLock(
    join(PROJECT, '.build.lock'),
    'Another process builds test/mongo-server; waiting for it.',
    async () => {
      if (isBuilt()) return
      await run('mvn', ['-q', '-B', 'package'])
      writeFileSync(BUILT, sources())
    },
  )
}

const sources = (): string =>
  SOURCES.reduce((hash, file) => hash.update(readFileSync(join(PROJECT, file))), createHash('sha256')).digest('hex')

function isBuilt(): boolean {
  try {
    return readFileSync(BUILT, 'utf8') === sources()
  } catch {
    return false
  }
}

/** Runs a command in the project to its end; rejects with what it printed. */
function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { cwd: PROJECT, stdio: ['ignore', 'pipe', 'pipe'] })
  const printed: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => printed.push(chunk))
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(notRunnable(command, error)))
    child.once('close', (code) => {
      if (code === 0) resolve()
      else
        reject(new Error(`\`${command} ${args.join(' ')}\` ended with ${code}: ${Buffer.concat(printed).toString()}`))
    })
  })
}

/** Resolves to the address that the child prints; from then on it does not keep this process alive. */
function firstLine(
  child: ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream },
): Promise<string> {
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-10_000)))
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(notRunnable('java', error)))
    child.once('close', (code) => reject(new Error(`\`java\` ended with ${code} before it listened: ${complaint}`)))
    createInterface(child.stdout).once('line', (line) => {
      for (const one of [child, child.stdin, child.stdout, child.stderr]) (one as unknown as { unref(): void }).unref()
      resolve(line)
    })
  })
}

function notRunnable(command: string, error: Error): Error {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return error
  return new Error(`\`${command}\` is not there: install it, or name a server in HUB_TEST_MONGO_URL.`, { cause: error })
}
